import createFetchClient, { type Client } from 'openapi-fetch';
import { ModuleClient, type Send } from './module-client.js';
import { ProblemError } from './problem-error.js';
import { RETRY, type RetryPolicy } from './retry-policy.js';
import { retryingFetch, type Fetch } from './retrying-fetch.js';
import type { ModuleName } from './types.js';

export interface ClientOptions {
  /** Of the service: `https://plinth.example.org` */
  readonly origin: string;
  /** An API key or a token, or what gives one: it is asked for each request. */
  readonly key?: string | (() => string | Promise<string>);
  readonly retry?: Partial<RetryPolicy>;
  /** In place of the platform's. */
  readonly fetch?: Fetch;
}

export interface PlinthClient<Paths extends object> {
  /** The operations of one module. */
  module<Name extends ModuleName<Paths>>(name: Name): ModuleClient<Paths, Name>;
  /**
   * Any operation, as openapi-fetch has it, with the same retries; a failure is thrown as a `ProblemError`. Writes are
   * repeated after a failure in between only if they have an `Idempotency-Key`.
   */
  readonly http: Client<Paths>;
}

export function createClient<Paths extends object>(options: ClientOptions): PlinthClient<Paths> {
  const { origin, key, retry, fetch = (request) => globalThis.fetch(request) } = options;
  const policy = { ...RETRY, ...retry };
  const http = createFetchClient<Paths>({ baseUrl: origin, fetch: retryingFetch(fetch, policy) });
  http.use({
    onRequest: async ({ request }) => {
      if (key === undefined || request.headers.has('authorization')) return;
      request.headers.set('authorization', `Bearer ${typeof key === 'string' ? key : await key()}`);
    },
    onResponse: async ({ response }) => {
      if (response.status >= 400) throw await ProblemError.from(response);
    },
  });
  // The paths of a module are built from its name, which their types can't follow.
  const send = http.request as unknown as Send;
  return { http, module: (name) => new ModuleClient(name, send, policy) };
}
