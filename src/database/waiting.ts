import type { LockPolicy } from './session.js';

/** Seconds for which a statement waits for one lock at most: what every session is set up with. */
export const LOCK_WAIT_S = 5;

/**
 * Milliseconds from its arrival in which a request waits for others at all: behind a group that is stuck, for each lock,
 * between tries. What is left of it is how long the next lock is waited for, so that waits never add up.
 */
const WAIT_BUDGET_MS = 1_000 * LOCK_WAIT_S;

/** @param since when the request came, by `performance.now()` */
export function waitLeft(since: number): number {
  return since + WAIT_BUDGET_MS - performance.now();
}

/** The same for a server: how long to wait for rows, and for tables, which somebody may alter or lock. */
export function lockWaits(seconds: number): string {
  return `innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`;
}

/**
 * Seconds for which a lock may be waited for now.
 * @param least what the server takes: MariaDB knows 0, MySQL does not
 */
export function lockWait(onLock: LockPolicy, since: number, least: number): number {
  if (onLock === 'does not wait') return least;
  return Math.min(Math.max(Math.ceil(waitLeft(since) / 1000), least), LOCK_WAIT_S);
}
