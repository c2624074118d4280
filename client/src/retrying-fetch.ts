import { ConnectionError } from './connection-error.js';
import { problemBody } from './problem-error.js';
import { backoffMs, retryAfterMs, sleep, type RetryPolicy } from './retry-policy.js';

export type Fetch = (request: Request) => Promise<Response>;

/**
 * A `fetch` that tries again where that does nothing twice: reads, and writes with an Idempotency-Key, after any failure
 * that may pass; other writes only where the service says that it did nothing.
 * @throws ConnectionError, or the signal's reason; an answer that does not pass in time is returned as it is
 */
export function retryingFetch(fetch: Fetch, policy: RetryPolicy): Fetch {
  return async (request) => {
    const end = Date.now() + policy.patienceMs;
    for (let failures = 0; ; failures++) {
      const outcome = await attempt(fetch, request, policy.attemptMs);
      if (outcome instanceof Response && !(await mayPass(outcome, isRepeatable(request)))) return outcome;
      const asked = outcome instanceof Response ? (retryAfterMs(outcome.headers) ?? 0) : 0;
      const pause = asked + backoffMs(failures, policy);
      const isLast = Date.now() + pause > end || (!(outcome instanceof Response) && !isRepeatable(request));
      if (isLast && outcome instanceof Response) return outcome;
      if (isLast) throw new ConnectionError(`${request.method} ${request.url} was not answered`, { cause: outcome });
      await sleep(pause, request.signal);
    }
  };
}

/** @returns the failure where there was no answer */
async function attempt(fetch: Fetch, request: Request, ms: number): Promise<Response | Error> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new DOMException('No answer in time', 'TimeoutError')), ms);
  try {
    const signal = AbortSignal.any([request.signal, patience.signal]);
    return await whole(await fetch(new Request(request.clone(), { signal })));
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    return error as Error;
  } finally {
    clearTimeout(timer);
  }
}

/** The answer with all of its JSON: what is cut off within is a failure of the attempt. Other types are streams. */
async function whole(response: Response): Promise<Response> {
  if (response.body === null || !/\bjson\b/.test(type(response)) || type(response).includes('ndjson')) return response;
  const { status, statusText, headers } = response;
  return new Response(await response.arrayBuffer(), { status, statusText, headers });
}

const type = ({ headers }: Response) => headers.get('content-type')?.split(';')[0] ?? '';

function isRepeatable({ method, headers }: Request): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || headers.has('idempotency-key');
}

const PASSING = [408, 425, 429, 502, 503, 504];
/** The same request again would fail again, or not be known to have done nothing. */
const NOT_PASSING = 'query-too-costly';
const UNKNOWN = 'commit-outcome-unknown';

async function mayPass(response: Response, isRepeatable: boolean): Promise<boolean> {
  if (response.ok) return false;
  const body = await problemBody(response);
  const { code } = (body ?? {}) as { code?: unknown };
  if (code === 'idempotency-in-flight') return true;
  if (!PASSING.includes(response.status) || code === NOT_PASSING) return false;
  // With Retry-After the service says that nothing was changed.
  return isRepeatable || (response.headers.has('retry-after') && typeof code === 'string' && code !== UNKNOWN);
}
