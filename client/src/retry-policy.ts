import { within } from './within.js';

/** When the client tries again, and for how long. All times in milliseconds. */
export interface RetryPolicy {
  /** From the first attempt until the last one may begin. Beyond that the last failure is thrown. */
  readonly patienceMs: number;
  /** One attempt, up to its answer (of a stream: up to its head). */
  readonly attemptMs: number;
  /** The longest pause after the first failure; it doubles with each further one … */
  readonly baseMs: number;
  /** … up to this. */
  readonly capMs: number;
}

export const RETRY: RetryPolicy = { patienceMs: 30_000, attemptMs: 20_000, baseMs: 100, capMs: 5_000 };

/**
 * A pause with full jitter: anything between nothing and the bound, so that clients who failed together do not come back
 * together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function backoffMs(failures: number, { baseMs, capMs }: Pick<RetryPolicy, 'baseMs' | 'capMs'>): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** failures);
}

/** What Retry-After asks for (RFC 9110 section 10.2.3): seconds, or a date. */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** @throws the signal's reason as soon as it is aborted */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await within(over, { signal }).finally(() => clearTimeout(timer));
}
