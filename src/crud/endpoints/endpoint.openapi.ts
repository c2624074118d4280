import type { Endpoint } from './endpoint.js';

/** What the reference says of an endpoint: parameters, headers, statuses and problems. */
export function describeEndpoint(_endpoint: Endpoint): MethodDecorator {
  return () => undefined;
}
