import { UniqueViolation } from '../database/sql-errors.js';
import { DomainError } from '../http/domain-error.js';
import { problemType } from '../http/problem.catalogue.js';

/** Whether an error is about one row, so that others which were written with it may do better without it. */
export function isOfOneRow(error: unknown): boolean {
  return error instanceof UniqueViolation || (error instanceof DomainError && problemType(error.code)!.status < 500);
}

/** Whether others were in the way, of one row or of several. */
export function isBusy(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'database-busy';
}
