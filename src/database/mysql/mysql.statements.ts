import type { PoolConnection, PrepareStatementInfo } from 'mysql2';
import type { Statement } from '../session.js';
import type { RowReader } from './mysql.rows.js';

/**
 * Statements that one connection keeps prepared. Lists, of which callers make ever new texts, have a share of their own, and
 * push out no other.
 */
const KEPT = { list: 64, other: 192 };
/** The most prepared statements of a connection. The server's limit is for all of its connections together. */
export const MOST_PREPARED = KEPT.list + KEPT.other;
/** ER_MAX_PREPARED_STMT_COUNT_REACHED */
const TOO_MANY_PREPARED = 1461;

export interface PreparedStatement {
  id: number;
  /** The number of its parameters. */
  parameters: number;
  /** Why it could not be prepared. */
  failure?: Error;
  /** Reads its rows, once their columns are known. */
  reader?: RowReader;
}

/** Statements that run again and again. */
const WORTH_PREPARING = /^[\s(]*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b/i;

/**
 * Everything else without parameters is never prepared: much of it can't be (SAVEPOINT, LOCK TABLES, XA, SHOW WARNINGS and
 * others are error 1295 on MySQL, 1815 on Vitess), and which of it differs between servers.
 */
export function goesAsText({ sql, params }: Statement): boolean {
  return params.length === 0 && !WORTH_PREPARING.test(sql);
}

type Kept = Map<string, PreparedStatement>;
const known = new WeakMap<PoolConnection, Record<keyof typeof KEPT, Kept>>();

export function isTooManyPrepared(error: unknown): boolean {
  return (error as { errno?: number }).errno === TOO_MANY_PREPARED;
}

/** Closes half of the statements of a connection, those that were used longest ago: after what is under way on it. */
export function closeSome(connection: PoolConnection): void {
  const kept = known.get(connection);
  if (!kept) return;
  for (const statements of [kept.list, kept.other]) {
    const oldest = [...statements.keys()].slice(0, Math.ceil(statements.size / 2));
    for (const sql of oldest) forget(connection, statements, sql);
  }
}

function forget(connection: PoolConnection, statements: Kept, sql: string): void {
  statements.delete(sql);
  connection.unprepare(sql);
}

/** Notes the use of a statement that mysql2 prepares by itself, so that it can be closed when it was not used for long. */
export function noteUse(connection: PoolConnection, statement: Statement): void {
  keep(connection, statement, () => ({ id: 0, parameters: 0 }));
}

/**
 * The statement, prepared by the time that the connection comes to the commands which follow; prepared once.
 * @param onTooMany called where the server has no room for it
 */
export function prepared(connection: PoolConnection, statement: Statement, onTooMany: () => void): PreparedStatement {
  return keep(connection, statement, (statements) => prepare(connection, statement.sql, statements, onTooMany));
}

function keep(
  connection: PoolConnection,
  { sql, isList }: Statement,
  make: (statements: Kept) => PreparedStatement,
): PreparedStatement {
  let kept = known.get(connection);
  if (!kept) known.set(connection, (kept = { list: new Map(), other: new Map() }));
  const kind = isList ? 'list' : 'other';
  const statements = kept[kind];
  const before = statements.get(sql);
  if (before) {
    // Used last, forgotten last: none that stands in the same pipeline can be closed before it.
    if (statements.size > KEPT[kind] / 2) {
      statements.delete(sql);
      statements.set(sql, before);
    }
    return before;
  }
  if (statements.size === KEPT[kind]) forget(connection, statements, statements.keys().next().value!);
  const statement = make(statements);
  statements.set(sql, statement);
  return statement;
}

function prepare(connection: PoolConnection, sql: string, statements: Kept, onTooMany: () => void): PreparedStatement {
  const statement: PreparedStatement = { id: 0, parameters: 0 };
  connection.prepare(sql, (error, info) => {
    if (error) {
      statement.failure = error;
      statements.delete(sql);
      if (isTooManyPrepared(error)) onTooMany();
      return;
    }
    const { id, parameters } = info as PrepareStatementInfo & { id: number; parameters: unknown[] };
    statement.id = id;
    statement.parameters = parameters.length;
  });
  return statement;
}
