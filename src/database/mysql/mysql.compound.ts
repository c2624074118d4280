import type { LockPolicy, SqlValue, Statement, Write } from '../session.js';
import { LOCK_WAIT_S, lockWaits } from '../waiting.js';

const UNMATCHED = 'A write has matched too few rows.';
/** ER_SIGNAL_EXCEPTION */
const SIGNALLED = 1644;
/** ER_LOCK_WAIT_TIMEOUT */
const LOCK_WAIT_TIMEOUT = 1205;
/** ER_PARSE_ERROR */
const NOT_UNDERSTOOD = 1064;

/**
 * A whole transaction as one statement of MariaDB (https://mariadb.com/kb/en/begin-end/): one message, one answer, where
 * a BEGIN, its statements and a COMMIT that is only sent if they went well are two at least. Whatever fails in it, the
 * handler rolls all of it back, and the error comes out as it was.
 *
 * What kills the statement (its time limit, KILL) passes the handler by, and leaves the transaction open.
 *
 * @param lockWait seconds for which it waits for each lock
 */
export function asOneStatement(writes: readonly Write[], lockWait: number): Statement {
  const params: SqlValue[] = [];
  for (const write of writes) for (const value of write.params) params.push(value);
  return { sql: textOf(writes, lockWait), params };
}

interface Known {
  readonly lockWait: number;
  readonly parts: readonly Pick<Write, 'sql' | 'mustMatch'>[];
  readonly text: string;
}

/**
 * Texts by their first statement. A text of some kilobytes that is put together anew is also hashed anew when it is looked up.
 */
const texts = new Map<string, Known[]>();
const TEXTS = 200;
/** By the number of statements that follow, which is a power of two mostly, and by what they are. */
const ALIKE = 16;

function textOf(writes: readonly Write[], lockWait: number): string {
  const first = writes[0]!.sql;
  let alike = texts.get(first);
  const known = alike?.find((one) => one.lockWait === lockWait && areOf(one, writes));
  if (known) return known.text;
  if (!alike) {
    if (texts.size >= TEXTS) texts.clear();
    texts.set(first, (alike = []));
  }
  const text = made(writes, lockWait);
  alike.push({ lockWait, parts: writes.map(({ sql, mustMatch }) => ({ sql, mustMatch })), text });
  if (alike.length > ALIKE) alike.shift();
  return text;
}

function areOf({ parts }: Known, writes: readonly Write[]): boolean {
  if (parts.length !== writes.length) return false;
  return parts.every(({ sql, mustMatch }, n) => sql === writes[n]!.sql && mustMatch === writes[n]!.mustMatch);
}

function made(writes: readonly Write[], lockWait: number): string {
  // For this one statement (https://mariadb.com/kb/en/set-statement/).
  let text = lockWait === LOCK_WAIT_S ? '' : `SET STATEMENT ${lockWaits(lockWait)} FOR `;
  text += 'BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; START TRANSACTION; ';
  for (const { sql, mustMatch } of writes) {
    text += `${sql}; `;
    if (mustMatch)
      text += `IF ROW_COUNT() < ${mustMatch} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${UNMATCHED}'; END IF; `;
  }
  return `${text}COMMIT; END`;
}

/** A write in it that had to match a row did not, or would have had to wait. */
export function isUnmatched(error: unknown, onLock: LockPolicy): boolean {
  const { errno, message } = error as { errno?: number; message?: string };
  return (errno === SIGNALLED && message === UNMATCHED) || (errno === LOCK_WAIT_TIMEOUT && onLock === 'does not wait');
}

/** Whether something between this and MariaDB does not know such statements. */
export function isNotUnderstood(error: unknown): boolean {
  return (error as { errno?: number }).errno === NOT_UNDERSTOOD;
}
