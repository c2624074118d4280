import type { SqlValue } from '../database/session.js';
import type { FieldValue } from '../fields/types/field-type.js';
import { bind, type SqlFragment } from './condition.sql.js';
import type { SortKey } from './sort.js';

export type PositionValue = FieldValue | null;

/**
 * The rows after a position. Written as `a > ? OR (a = ? AND …)`, which MariaDB plans as a range; a row comparison alone was
 * seen to be a scan of the whole index there. SQLite seeks by `a >= ?` before it, and by the row comparison, without which it
 * reads through all rows with the same `a`; so that comes first where it means the same. NULL comes first ascending and last
 * descending, on every engine.
 */
export function after(keys: readonly SortKey[], position: readonly PositionValue[], isSqlite: boolean): SqlFragment {
  const params: SqlValue[] = [];
  const seek = rowComparison(keys, position, isSqlite, params);
  return { sql: seek + build(keys, position, 0, isSqlite, params), params };
}

function build(
  keys: readonly SortKey[],
  position: readonly PositionValue[],
  at: number,
  isSqlite: boolean,
  params: SqlValue[],
): string {
  const { field, descending } = keys[at]!;
  const column = `\`${field.name}\``;
  const value = position[at]!;
  const isLast = at === keys.length - 1;
  const rest = () => build(keys, position, at + 1, isSqlite, params);
  if (value === null) {
    if (descending) return `${column} IS NULL AND ${rest()}`;
    return `(${column} IS NOT NULL OR (${column} IS NULL AND ${rest()}))`;
  }
  const place = () => bind(field, value, isSqlite, params);
  const beyond = descending ? '<' : '>';
  if (isLast) return `${column} ${beyond} ${place()}`;
  const orNull = descending && field.nullable ? ` OR ${column} IS NULL` : '';
  const seek = isSqlite ? `(${column} ${beyond}= ${place()}${orNull}) AND ` : '';
  return `${seek}(${column} ${beyond} ${place()}${orNull} OR (${column} = ${place()} AND ${rest()}))`;
}

/** `(a, b, id) > (?, ?, ?)`: has one direction only, and never is true of a NULL, so that none may be still to come. */
function rowComparison(
  keys: readonly SortKey[],
  position: readonly PositionValue[],
  isSqlite: boolean,
  params: SqlValue[],
): string {
  const descending = keys[0]!.descending;
  const applies =
    keys.length > 1 &&
    keys.every((key) => key.descending === descending && !(descending && key.field.nullable)) &&
    !position.includes(null);
  if (!applies) return '';
  const places = keys.map(({ field }, at) => bind(field, position[at]!, isSqlite, params));
  const columns = keys.map(({ field }) => `\`${field.name}\``).join(', ');
  return `(${columns}) ${descending ? '<' : '>'} (${places.join(', ')}) AND `;
}
