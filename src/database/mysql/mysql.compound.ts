import type { SqlValue, Statement, Write } from '../session.js';

const UNMATCHED = 'A write has matched no row.';
/** ER_SIGNAL_EXCEPTION */
const SIGNALLED = 1644;
/** ER_PARSE_ERROR */
const NOT_UNDERSTOOD = 1064;

/**
 * A whole transaction as one statement of MariaDB (https://mariadb.com/kb/en/begin-end/): one message, one answer, where
 * a BEGIN, its statements and a COMMIT that is only sent if they went well are two at least. Whatever fails in it, the
 * handler rolls all of it back, and the error comes out as it was.
 *
 * What kills the statement (its time limit, KILL) passes the handler by, and leaves the transaction open.
 */
export function asOneStatement(writes: readonly Write[]): Statement {
  let sql = 'BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; START TRANSACTION; ';
  const params: SqlValue[] = [];
  for (const write of writes) {
    sql += `${write.sql}; `;
    if (write.mustMatch)
      sql += `IF ROW_COUNT() < 1 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${UNMATCHED}'; END IF; `;
    for (const value of write.params) params.push(value);
  }
  return { sql: `${sql}COMMIT; END`, params };
}

/** A write in it that had to match a row did not. */
export function isUnmatched(error: unknown): boolean {
  const { errno, message } = error as { errno?: number; message?: string };
  return errno === SIGNALLED && message === UNMATCHED;
}

/** There is something between this and MariaDB which does not know such statements. */
export function isNotUnderstood(error: unknown): boolean {
  return (error as { errno?: number }).errno === NOT_UNDERSTOOD;
}
