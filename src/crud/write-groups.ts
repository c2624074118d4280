import { Failed } from '../database/batcher.js';
import { UniqueViolation } from '../database/sql-errors.js';
import { DomainError } from '../http/domain-error.js';
import { problemType } from '../http/problem.catalogue.js';

/** Writes of rows that are committed together: one group at a time, and another one beside it when it takes longer than usual. */
export const WRITE_GROUPS = { atOnce: 2, most: 64, patienceMs: 10, isShaped: true };

/** Whether an error is about one row, so that others which were written with it may do better without it. */
export function isOfOneRow(error: unknown): boolean {
  return error instanceof UniqueViolation || (error instanceof DomainError && problemType(error.code)!.status < 500);
}

/** Whether others were in the way, of one row or of several. */
export function isBusy(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'database-busy';
}

export function failed(error: unknown): Failed {
  return new Failed(error);
}
