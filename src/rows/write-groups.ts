import { Failed, FEW_LARGE } from '../runtime/batcher.js';
import type { Engine } from '../database/session.js';
import { DomainError } from '../problems/domain-error.js';
import { problemType } from '../problems/problem.catalogue.js';
import { toDomainError } from '../problems/to-domain-error.js';

/** Writes of rows that are committed together. */
export const WRITE_GROUPS = { ...FEW_LARGE, isShaped: true };

/** Whether an error is about one row, so that others which were written with it may do better without it. */
export function isOfOneRow(error: unknown): boolean {
  return problemType(toDomainError(error).code)!.status < 500;
}

/**
 * Whether others were in the way of one row or of several, so that the rest may do better alone. SQLite has one lock for the
 * whole file, and MySQL can't but wait a second for each.
 */
export function isHeldUp(error: unknown, engine: Engine): boolean {
  return engine === 'mariadb' && error instanceof DomainError && error.code === 'database-busy';
}

/** Retries a group one by one, which shows the one that failed. */
export function eachAlone<T, R>(
  group: readonly T[],
  run: (alone: readonly T[]) => Promise<(R | Failed)[]>,
): Promise<(R | Failed)[]> {
  const failed = (error: unknown) => new Failed(error);
  return Promise.all(group.map((one) => run([one]).then(([result]) => result!, failed)));
}
