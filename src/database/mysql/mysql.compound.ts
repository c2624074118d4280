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
  const params: SqlValue[] = [];
  for (const write of writes) for (const value of write.params) params.push(value);
  return { sql: textOf(writes), params };
}

type Part = Pick<Write, 'sql' | 'mustMatch'>;

/** By their first statement. A text of some kilobytes that is put together anew is also hashed anew when it is looked up. */
const texts = new Map<string, { readonly parts: readonly Part[]; readonly text: string }>();
const TEXTS = 200;

function textOf(writes: readonly Write[]): string {
  const first = writes[0]!.sql;
  const known = texts.get(first);
  if (known?.parts.length === writes.length && known.parts.every((part, n) => isSame(part, writes[n]!)))
    return known.text;
  let text =
    'BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; START TRANSACTION; ';
  for (const { sql, mustMatch } of writes) {
    text += `${sql}; `;
    if (mustMatch)
      text += `IF ROW_COUNT() < 1 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${UNMATCHED}'; END IF; `;
  }
  text += 'COMMIT; END';
  if (texts.size >= TEXTS) texts.clear();
  texts.set(first, { parts: writes.map(({ sql, mustMatch }) => ({ sql, mustMatch })), text });
  return text;
}

function isSame(a: Part, b: Part): boolean {
  return a.sql === b.sql && a.mustMatch === b.mustMatch;
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
