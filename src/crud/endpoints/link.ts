/** A request target with one query parameter set. */
export function withParameter(url: string, parameter: string, value: string): string {
  const end = url.indexOf('?');
  // Only the first question mark begins the query: a filter may have others.
  const [path, query] = end === -1 ? [url, ''] : [url.slice(0, end), url.slice(end + 1)];
  const parameters = new URLSearchParams(query);
  parameters.set(parameter, value);
  return `${path}?${parameters.toString()}`;
}
