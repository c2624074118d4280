interface DriverError extends Error {
  readonly code?: unknown;
  readonly errno?: unknown;
}

/** Shorter texts are replaced as whole words only: each letter of a message could be one. */
const SHORT = 3;

/**
 * The message of an error without the values that it repeats: a driver quotes what a statement failed on, and `JSON.parse`
 * what it could not read. All from the first quotation mark to the last goes, as a value may have some itself.
 */
export function wordsOf(error: unknown): string {
  const { message = String(error) } = Object(error) as Partial<Error>;
  return repeatsValues(error) ? message.replace(/['"].*['"]|['"].*/s, "'…'") : message;
}

function repeatsValues(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { errno, code } = error as DriverError;
  const isDrivers = errno !== undefined || 'sql' in error || 'query' in error;
  return isDrivers || (typeof code === 'string' && code.startsWith('SQLITE')) || error instanceof SyntaxError;
}

/** All texts and numbers in a value of JSON, whose names are not among them. */
export function valuesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) valuesIn(member, found);
  else if (typeof value === 'number' || (typeof value === 'string' && value !== '')) found.add(String(value));
  return found;
}

/** The same error for the log, with `…` in its messages in the place of these values. */
export function without(values: ReadonlySet<string>, error: unknown): Error {
  const { name = 'Error', stack = '', cause, code, errno } = Object(error) as Partial<DriverError>;
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const message = replaced(wordsOf(error), values);
  return Object.assign(new Error(message, cause === undefined ? {} : { cause: without(values, cause) }), {
    name,
    stack: [`${name}: ${message}`, ...frames].join('\n'),
    ...(code !== undefined && { code }),
    ...(errno !== undefined && { errno }),
  });
}

function replaced(text: string, values: ReadonlySet<string>): string {
  // The longest first: one may be a part of another.
  const long = [...values].filter(({ length }) => length >= SHORT).sort((a, b) => b.length - a.length);
  for (const value of long) text = text.replaceAll(value, '…');
  return text.replaceAll(/[\p{L}\p{N}]+/gu, (word) => (values.has(word) ? '…' : word));
}
