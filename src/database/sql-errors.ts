import { DomainError } from '../problems/domain-error.js';
import { BY_CODE, BY_MESSAGE, BY_NUMBER, BY_STATE, type SqlFailure } from './sql-failures.js';

interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
  readonly syscall?: string;
  readonly fatal?: boolean;
}

export function classify(error: unknown): SqlFailure {
  if (typeof error !== 'object' || error === null || error instanceof DomainError) return 'other';
  const { errno, code = '', sqlState = '', fatal, message } = error as DriverError;
  const known = errno === undefined ? undefined : byNumber(errno, message);
  if (known) return known;
  // SQLite's extended codes begin with the plain one: SQLITE_BUSY_SNAPSHOT, SQLITE_READONLY_DBMOVED.
  const byCode = BY_CODE.get(code) ?? BY_CODE.get(/^SQLITE_[A-Z]+/.exec(code)?.[0] ?? '');
  if (byCode) return byCode === 'unreachable' && wasConnected(error as DriverError) ? 'lost' : byCode;
  if (message === 'Queue limit reached.') return 'busy';
  if (code.startsWith('PROTOCOL_') || fatal === true) return 'lost';
  return BY_STATE.get(sqlState.slice(0, 2)) ?? 'other';
}

function byNumber(errno: number, message: string): SqlFailure | undefined {
  const said = BY_MESSAGE.get(errno)?.find(([pattern]) => pattern.test(message));
  return said?.[1] ?? BY_NUMBER.get(errno);
}

/** A network that went away (ETIMEDOUT, EHOSTUNREACH) is also told to who was connected: something may have been sent. */
function wasConnected({ syscall }: DriverError): boolean {
  return syscall === 'read' || syscall === 'write';
}

/** An error in a word for the log: no host, user or value is in it. */
export function reasonOf(error: unknown): string {
  const { code, name } = Object(error) as Partial<DriverError>;
  return code ?? name ?? 'unknown';
}

/** The connection was seen to be closed before anything of the statement was written to it. */
export function wasNeverSent(error: unknown): boolean {
  return String((error as Error | null)?.message).startsWith("Can't add new command");
}

/** Whether the state of the connection is unknown after such a failure, or it leads to a node that is of no use. */
export function poisons(failure: SqlFailure): boolean {
  return failure === 'lost' || failure === 'unreachable' || failure === 'read-only' || failure === 'timeout';
}

/** A unique constraint refused a row. MySQL and MariaDB tell its name, SQLite its columns. */
export class UniqueViolation extends DomainError {
  constructor(
    readonly constraint: string | undefined,
    readonly columns: readonly string[],
    cause: unknown,
  ) {
    super('already-exists', 'There is already one with the same value.', { cause });
    this.message = 'A unique constraint refused the row.';
  }
}

/** Translates a driver's error into the one that callers of `Database` see. */
export function toThrown(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const failure = classify(error);
  if (failure === 'unique') return uniqueViolation(error as DriverError);
  const known = PROBLEMS[failure];
  if (!known) return error;
  const [code, detail, retryAfter] = known;
  return new DomainError(code, detail, { cause: error, headers: retryAfter ? { 'retry-after': retryAfter } : {} });
}

/** The connection went while a COMMIT, or a statement that commits itself, was under way. */
export function outcomeUnknown(cause: unknown): DomainError {
  const detail =
    'The connection to the database was lost while the change was being committed: it may have happened or not.';
  return new DomainError('commit-outcome-unknown', detail, { cause, headers: { 'retry-after': '1' } });
}

/** A costly statement was ended at its limit. It would be again: nothing but another question helps. */
export function tooCostly(limitMs: number, cause: unknown): DomainError {
  const detail = `The database looked for ${limitMs} ms, as long as a list with a filter, a count or a sort by several fields may take, and had not found the answer. Make the filter narrower, with "eq", "in", "startswith" or a range of a field that has an index.`;
  return new DomainError('query-too-costly', detail, { cause, headers: { 'retry-after': '5' } });
}

const PROBLEMS: Partial<Record<SqlFailure, [code: string, detail: string, retryAfter?: string]>> = {
  retry: ['database-busy', 'Other requests kept changing the same rows. Try again.', '1'],
  lost: ['database-unavailable', 'The connection to the database was lost.', '2'],
  'read-only': ['read-only', 'The database takes no changes at the moment.', '5'],
  unreachable: ['database-unavailable', 'The database can not be reached.', '2'],
  busy: ['database-busy', 'All connections to the database are in use.', '1'],
  unprepared: ['database-busy', 'The database has no room for another prepared statement.', '1'],
  timeout: ['database-timeout', 'The database took too long.', '2'],
  full: ['storage-full', 'The database has no space left.'],
  reference: ['reference-violated', 'The change would leave a reference that leads to nothing.'],
  constraint: ['constraint-violated', 'The change breaks a rule of the database for these rows.'],
  value: ['value-out-of-range', 'A value does not fit its column.'],
};

function uniqueViolation(error: DriverError): UniqueViolation {
  const named = /for key '(?:[^']*\.)?([^'.]+)'$/.exec(error.message)?.[1];
  const columns = /UNIQUE constraint failed: (.+)$/.exec(error.message)?.[1]?.split(', ') ?? [];
  return new UniqueViolation(
    named,
    columns.map((column) => column.slice(column.indexOf('.') + 1)),
    error,
  );
}

/** An error in a word, for traces. */
export function codeOf(error: unknown): string {
  return error instanceof DomainError ? error.code : reasonOf(error);
}

export function notConnected(): DomainError {
  const headers = { 'retry-after': '2' };
  return new DomainError('database-unavailable', 'The database can not be reached at the moment.', { headers });
}
