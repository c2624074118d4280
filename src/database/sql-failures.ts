/** The meaning of a driver's error for the statement, the connection and the caller (see `classify`). */
export type SqlFailure =
  /** Run the whole transaction again; the server has rolled back at least a part of it. */
  | 'retry'
  /** The connection is of no more use, and what it was doing may or may not have happened. */
  | 'lost'
  /** The server, or the node, takes no writes now: another connection may reach one that does. */
  | 'read-only'
  | 'unreachable'
  | 'busy'
  /** The server holds as many prepared statements as it may. Some of this process are closed, so that another try has room. */
  | 'unprepared'
  | 'timeout'
  | 'full'
  | 'unique'
  /** A foreign key. SQLite does not tell which end of it: the row that refers to another, or the other one. */
  | 'reference'
  /** Any other rule of the schema: CHECK, NOT NULL, a trigger that refuses. */
  | 'constraint'
  | 'value'
  | 'other';

const numbers = (failure: SqlFailure, ...errnos: number[]) => errnos.map((errno) => [errno, failure] as const);

/** By error number: https://mariadb.com/kb/en/mariadb-error-code-reference/ and MySQL's server and client references. */
export const BY_NUMBER: ReadonlyMap<number, SqlFailure> = new Map([
  ...numbers('retry', 1213), // deadlock
  ...numbers('retry', 1205), // lock wait timeout: rolls back the statement only, so the transaction has to be
  ...numbers('retry', 1206), // no room for locks: all of the transaction is rolled back
  ...numbers('retry', 1020), // record has changed since last read
  ...numbers('retry', 1412, 1615), // the table, or what a prepared statement knows of it, was changed meanwhile
  ...numbers('retry', 1689), // the wait for a lock was ended by one that has priority
  ...numbers('retry', 3101), // group replication: another primary has committed a change of the same row
  ...numbers('retry', 3572), // NOWAIT
  ...numbers('lost', 1180), // error during COMMIT
  ...numbers('lost', 1053, 1077, 1079), // the server is being shut down
  ...numbers('lost', 1080, 1152, 1184, 1927, 3169), // the connection was ended, or killed
  ...numbers('lost', 4031), // disconnected by the server for inactivity
  ...numbers('lost', 1156, 1157, 1158, 1159, 1160, 1161), // network errors that the server saw
  ...numbers('lost', 2006, 2013, 2027, 2055), // what a client library says: passed on by proxies
  ...numbers('read-only', 1223, 1290, 1792, 1836), // a lock on everything, --read-only, a read-only transaction
  ...numbers('read-only', 3100), // group replication: this member can't commit
  ...numbers('unreachable', 1044, 1045, 1049, 1698), // access denied, unknown database: waits for the operator
  ...numbers('unreachable', 1129, 1130, 1042, 1043, 1251), // the host is blocked or not let in; no good handshake
  ...numbers('unreachable', 1820, 1862, 3118, 4151, 3159), // the password, the account, TLS
  ...numbers('unreachable', 3032), // offline mode
  ...numbers('unreachable', 1047), // wsrep: a node without a quorum, which takes no reads either
  ...numbers('unreachable', 2002, 2003, 2005, 2012, 2026), // what a client library says: passed on by proxies
  ...numbers('unreachable', 9001), // ProxySQL: no server of the group was reached
  ...numbers('busy', 1040, 1203, 1226), // too many connections, max_user_connections and the like
  ...numbers('unprepared', 1461), // max_prepared_stmt_count
  ...numbers('busy', 1037, 1038, 1041, 1135, 1637), // memory, threads, slots for transactions
  ...numbers('timeout', 1317, 1969, 3024), // ended by KILL, max_statement_time (MariaDB), max_execution_time (MySQL)
  ...numbers('full', 1021, 1114),
  ...numbers('unique', 1022, 1062, 1169, 1586, 1859),
  ...numbers('reference', 1216, 1217, 1451, 1452, 1557, 1761, 1762, 3008),
  ...numbers('constraint', 1048, 1263, 1364), // NOT NULL
  ...numbers('constraint', 3819, 4025), // CHECK, of MySQL and MariaDB
  ...numbers('constraint', 1369), // CHECK OPTION of a view
  ...numbers('constraint', 1526, 1748, 1591), // no partition for the row
  ...numbers('constraint', 1644), // SIGNAL, as in a trigger
  ...numbers('value', 1118, 1264, 1265, 1292, 1300, 1366, 1367, 1406, 1411, 1690, 1916, 3140, 3854),
  ...numbers('other', 1052), // an ambiguous column: the statement's fault, among the constraints' SQLSTATEs
]);

type Sayings = readonly (readonly [pattern: RegExp, failure: SqlFailure])[];

/** The storage engine's own number: a deadlock. */
const DEADLOCK: Sayings[number] = [/error:? 149\b/i, 'retry'];
/** The system's: no space on the disk. */
const NO_SPACE: Sayings[number] = [/err(or|code|no):? 28\b/i, 'full'];
/** Vitess' one number for all that it has no other for, with gRPC's words for what it was. */
const VITESS: Sayings = [
  [/no healthy tablet|not[_ ]serving|not allowed in state|no primary|reparent|resharded|denied tables/i, 'unreachable'],
  [/code = (Unavailable|Canceled)/i, 'lost'],
  [/code = Aborted/i, 'retry'],
  [/code = DeadlineExceeded/i, 'timeout'],
  [/code = ResourceExhausted/i, 'busy'],
];

/** By what the message says, where one number stands for several things. */
export const BY_MESSAGE: ReadonlyMap<number, Sayings> = new Map([
  [1180, [DEADLOCK]],
  [1030, [DEADLOCK, NO_SPACE]],
  [1026, [NO_SPACE]],
  [3, [NO_SPACE]],
  [1105, VITESS],
]);

/** By the class of the SQLSTATE, for numbers that are not known here. */
export const BY_STATE: ReadonlyMap<string, SqlFailure> = new Map([
  ['08', 'lost'],
  ['22', 'value'],
  ['23', 'constraint'],
  ['40', 'retry'],
]);

/** Node's codes of sockets, mysql2's, and SQLite's, of which the extended ones begin with the plain one. */
export const BY_CODE: ReadonlyMap<string, SqlFailure> = new Map([
  ['ECONNREFUSED', 'unreachable'],
  ['ENOTFOUND', 'unreachable'],
  ['EAI_AGAIN', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENETDOWN', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['EMFILE', 'unreachable'],
  ['ETIMEDOUT', 'unreachable'],
  ['ENOENT', 'unreachable'],
  ['EACCES', 'unreachable'],
  ['ECONNRESET', 'lost'],
  ['ECONNABORTED', 'lost'],
  ['EPIPE', 'lost'],
  ['PROTOCOL_CONNECTION_LOST', 'lost'],
  ['SQLITE_BUSY', 'retry'],
  ['SQLITE_LOCKED', 'retry'],
  ['SQLITE_PROTOCOL', 'retry'],
  ['SQLITE_SCHEMA', 'retry'],
  ['SQLITE_ABORT', 'retry'],
  ['SQLITE_INTERRUPT', 'timeout'],
  ['SQLITE_NOMEM', 'busy'],
  // The file can't be used: waits for the operator, as an outage of a server does.
  ['SQLITE_CANTOPEN', 'unreachable'],
  ['SQLITE_PERM', 'unreachable'],
  ['SQLITE_IOERR', 'unreachable'],
  ['SQLITE_CORRUPT', 'unreachable'],
  ['SQLITE_NOTADB', 'unreachable'],
  ['SQLITE_FULL', 'full'],
  ['SQLITE_NOLFS', 'full'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_CONSTRAINT_UNIQUE', 'unique'],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', 'unique'],
  ['SQLITE_CONSTRAINT_ROWID', 'unique'],
  ['SQLITE_CONSTRAINT_FOREIGNKEY', 'reference'],
  ['SQLITE_CONSTRAINT_DATATYPE', 'value'],
  ['SQLITE_CONSTRAINT', 'constraint'],
  ['SQLITE_MISMATCH', 'value'],
  ['SQLITE_TOOBIG', 'value'],
]);
