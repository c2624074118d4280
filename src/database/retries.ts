import { classify, toThrown } from './sql-errors.js';
import type { SqlFailure } from './sql-failures.js';
import { waitLeft } from './waiting.js';

/**
 * The tries of a transaction. After a deadlock somebody else has got through, so that more tries help; a server that is away
 * they would only burden.
 */
const TRIES: Partial<Record<SqlFailure, number>> = { retry: 6, unprepared: 6, lost: 3 };
/** After which there is another try. */
export const RETRIED = Object.keys(TRIES) as SqlFailure[];
const BACKOFF_MS = 50;

/**
 * Tries with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), as long as the request
 * may wait at all. @throws what the caller shall see, when another try is of no use
 */
export async function pauseBeforeRetry(error: unknown, attempt: number, since: number): Promise<SqlFailure> {
  const failure = classify(error);
  const pause = Math.random() * BACKOFF_MS * 2 ** attempt;
  if (attempt >= (TRIES[failure] ?? 1) || pause > waitLeft(since)) throw toThrown(error);
  await new Promise((resolve) => setTimeout(resolve, pause));
  return failure;
}
