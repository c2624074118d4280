/** A request target with one query parameter set. */
export function withParameter(url: string, parameter: string, value: string): string {
  const [path, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set(parameter, value);
  return `${path!}?${parameters.toString()}`;
}
