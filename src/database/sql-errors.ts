import { DomainError } from '../http/domain-error.js';

/** What an error of a driver means for the statement, the connection and the caller (see `classify`). */
export type SqlFailure =
  /** Run the whole transaction again; the server has rolled back at least a part of it. */
  | 'retry'
  /** The connection is of no more use, and what it was doing may or may not have happened. */
  | 'lost'
  /** The server, or the node, takes no writes now: another connection may reach one that does. */
  | 'read-only'
  | 'unreachable'
  | 'busy'
  | 'timeout'
  | 'full'
  | 'unique'
  | 'value'
  | 'other';

interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly fatal?: boolean;
}

/** By error number: https://mariadb.com/kb/en/mariadb-error-code-reference/ and MySQL's server error reference. */
const BY_NUMBER = new Map<number, SqlFailure>([
  [1213, 'retry'], // deadlock
  [1205, 'retry'], // lock wait timeout: rolls back the statement only, so the transaction has to be
  [1020, 'retry'], // record has changed since last read
  [1180, 'lost'], // error during COMMIT
  [3572, 'retry'], // NOWAIT
  [1047, 'read-only'], // wsrep: not prepared for application use
  [1290, 'read-only'],
  [1792, 'read-only'],
  [1836, 'read-only'],
  [1040, 'busy'], // too many connections
  [1203, 'busy'],
  [1226, 'busy'], // max_user_connections and the like
  [1969, 'timeout'], // max_statement_time (MariaDB)
  [3024, 'timeout'], // max_execution_time (MySQL)
  [1317, 'timeout'],
  [1021, 'full'],
  [1114, 'full'],
  [1062, 'unique'],
  [1586, 'unique'],
  [1406, 'value'],
  [1264, 'value'],
  [1366, 'value'],
  [1292, 'value'],
  [1045, 'unreachable'], // access denied, unknown database: waits for the operator as an outage does
  [1044, 'unreachable'],
  [1049, 'unreachable'],
  [1129, 'unreachable'], // host blocked
  [1698, 'unreachable'],
  [1053, 'lost'], // server shutdown in progress
  [1158, 'lost'], // network errors that the server saw
  [1159, 'lost'],
  [1160, 'lost'],
  [1161, 'lost'],
  [1927, 'lost'], // connection was killed
  [4031, 'lost'], // disconnected by the server for inactivity
]);

const BY_CODE = new Map<string, SqlFailure>([
  ['ECONNREFUSED', 'unreachable'],
  ['ENOTFOUND', 'unreachable'],
  ['EAI_AGAIN', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ETIMEDOUT', 'unreachable'],
  ['ENOENT', 'unreachable'],
  ['ECONNRESET', 'lost'],
  ['EPIPE', 'lost'],
  ['PROTOCOL_CONNECTION_LOST', 'lost'],
  ['SQLITE_BUSY', 'retry'],
  ['SQLITE_LOCKED', 'retry'],
  ['SQLITE_CANTOPEN', 'unreachable'],
  ['SQLITE_FULL', 'full'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_CONSTRAINT_UNIQUE', 'unique'],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', 'unique'],
  ['SQLITE_TOOBIG', 'value'],
]);

export function classify(error: unknown): SqlFailure {
  if (typeof error !== 'object' || error === null || error instanceof DomainError) return 'other';
  const { errno, code = '', fatal, message } = error as DriverError;
  // SQLite's extended codes begin with the plain one: SQLITE_BUSY_SNAPSHOT, SQLITE_READONLY_DBMOVED.
  const plain = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code;
  const known = (errno === undefined ? undefined : BY_NUMBER.get(errno)) ?? BY_CODE.get(code) ?? BY_CODE.get(plain);
  if (known) return known;
  if (message === 'Queue limit reached.') return 'busy';
  return code.startsWith('PROTOCOL_') || fatal === true ? 'lost' : 'other';
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

/** After these nobody knows what state the connection is in, or it leads to a node that is of no use. */
export function poisons(failure: SqlFailure): boolean {
  return failure === 'lost' || failure === 'read-only' || failure === 'timeout';
}

/** A unique constraint refused a row. MySQL and MariaDB tell its name, SQLite its columns. */
export class UniqueViolation extends Error {
  constructor(
    readonly constraint: string | undefined,
    readonly columns: readonly string[],
    cause: unknown,
  ) {
    super('A unique constraint refused the row.', { cause });
  }
}

/** What a caller of `Database` sees of a driver's error. */
export function toThrown(error: unknown): unknown {
  if (error instanceof DomainError || error instanceof UniqueViolation) return error;
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

const PROBLEMS: Partial<Record<SqlFailure, [code: string, detail: string, retryAfter?: string]>> = {
  retry: ['database-busy', 'Other requests kept changing the same rows. Try again.', '1'],
  lost: ['database-unavailable', 'The connection to the database was lost.', '2'],
  'read-only': ['read-only', 'The database takes no changes at the moment.', '5'],
  unreachable: ['database-unavailable', 'The database can not be reached.', '2'],
  busy: ['database-busy', 'All connections to the database are in use.', '1'],
  timeout: ['database-timeout', 'The database took too long.', '2'],
  full: ['storage-full', 'The database has no space left.'],
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
