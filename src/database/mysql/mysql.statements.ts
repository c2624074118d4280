import type { PrepareStatementInfo } from 'mysql2';
import type { Statement } from '../session.js';
import type { Wire } from './mysql.pipeline.js';
import type { RowReader } from './mysql.rows.js';

/** Of one connection; mysql2 itself would forget some at 500. */
const KEPT = 300;

export interface PreparedStatement {
  id: number;
  /** How many parameters it takes. */
  parameters: number;
  /** Why it could not be prepared. */
  failure?: Error;
  /** What is known of its rows. */
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

const known = new WeakMap<Wire, Map<string, PreparedStatement>>();

/** The statement, prepared by the time that the connection comes to the commands which follow; prepared once. */
export function prepared(wire: Wire, sql: string): PreparedStatement {
  let statements = known.get(wire);
  if (!statements) known.set(wire, (statements = new Map<string, PreparedStatement>()));
  const before = statements.get(sql);
  if (before) {
    // Used last, forgotten last: none that stands in the same pipeline can be closed before it.
    if (statements.size > KEPT / 2) {
      statements.delete(sql);
      statements.set(sql, before);
    }
    return before;
  }
  const statement: PreparedStatement = { id: 0, parameters: 0 };
  statements.set(sql, statement);
  if (statements.size > KEPT) {
    const oldest = statements.keys().next().value!;
    statements.delete(oldest);
    wire.unprepare(oldest);
  }
  wire.prepare(sql, (error, info) => {
    if (error) {
      statement.failure = error;
      statements.delete(sql);
      return;
    }
    const { id, parameters } = info as PrepareStatementInfo & { id: number; parameters: unknown[] };
    statement.id = id;
    statement.parameters = parameters.length;
  });
  return statement;
}
