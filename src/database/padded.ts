/** `values`, the last of them repeated up to a power of two, so that statements have few lengths and few are prepared. */
export function padded<T>(values: readonly T[]): T[] {
  if (values.length === 0) return [];
  const size = 2 ** Math.ceil(Math.log2(values.length));
  return Array.from({ length: size }, (_, at) => values[Math.min(at, values.length - 1)]!);
}
