import type { DatabaseConfig } from '../../config/config.js';
import type { Statement } from '../session.js';

/** Limits the time of this one statement: https://mariadb.com/kb/en/set-statement/, and MySQL's hint to its optimizer. */
export function limited(statement: Statement, { kind, costly }: Pick<DatabaseConfig, 'kind' | 'costly'>): Statement {
  const sql =
    kind === 'mariadb'
      ? `SET STATEMENT max_statement_time = ${costly.limitMs / 1000} FOR ${statement.sql}`
      : statement.sql.replace(/^SELECT/, `SELECT /*+ MAX_EXECUTION_TIME(${costly.limitMs}) */`);
  return { ...statement, sql };
}
