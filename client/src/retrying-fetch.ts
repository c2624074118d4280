import { ConnectionError } from './connection-error.js';
import { problemBody } from './problem-error.js';
import { backoffMs, retryAfterMs, sleep, type RetryPolicy } from './retry-policy.js';
import { within } from './within.js';

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
      const answer = outcome instanceof Response ? outcome : undefined;
      if (answer && !(await mayPass(answer, isRepeatable(request)))) return answer;
      const pause = ((answer && retryAfterMs(answer.headers)) ?? 0) + backoffMs(failures, policy);
      if (Date.now() + pause > end || (!answer && !isRepeatable(request))) {
        if (answer) return answer;
        throw new ConnectionError(`${request.method} ${request.url} was not answered`, { cause: outcome });
      }
      await sleep(pause, request.signal);
    }
  };
}

/** @returns the failure where there was no answer */
async function attempt(fetch: Fetch, request: Request, ms: number): Promise<Response | Error> {
  const leave = new AbortController();
  try {
    const answer = fetch(new Request(request.clone(), { signal: leave.signal }));
    const read = answer.then((response) => (isJson(response) ? whole(response) : streamed(response, request)));
    return await within(read, { ms, signal: request.signal });
  } catch (error) {
    leave.abort(error);
    if (request.signal.aborted) throw request.signal.reason;
    return error as Error;
  }
}

function isJson({ body, headers }: Response): boolean {
  return body !== null && /[/+]json\b/.test(headers.get('content-type') ?? '');
}

/** The answer with all of its body: what is cut off within is a failure of the attempt. */
async function whole(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  return new Response(await response.arrayBuffer(), { status, statusText, headers });
}

/** Whose abort ends which body: Node's requests forget their signals when nobody holds them (see `within`). */
const requests = new WeakMap<ReadableStream, Request>();

function streamed(response: Response, request: Request): Response {
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  const body = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal: request.signal });
  const answer = new Response(body, { status, statusText, headers });
  requests.set(answer.body!, request);
  return answer;
}

function isRepeatable({ method, headers, url }: Request): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || headers.has('idempotency-key')) return true;
  // A list with its query in the body.
  return method === 'POST' && new URL(url).pathname.endsWith(':search');
}

const PASSING = [408, 425, 429, 502, 503, 504];

async function mayPass(response: Response, isRepeatable: boolean): Promise<boolean> {
  if (response.ok) return false;
  const { code } = ((await problemBody(response)) ?? {}) as { code?: unknown };
  if (code === 'idempotency-in-flight') return true;
  // The same list would be stopped again.
  if (!PASSING.includes(response.status) || code === 'query-too-costly') return false;
  // With Retry-After the service says that nothing was changed.
  const isUndone = response.headers.has('retry-after') && typeof code === 'string' && code !== 'commit-outcome-unknown';
  return isRepeatable || isUndone;
}
