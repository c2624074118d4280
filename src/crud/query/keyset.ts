import type { SqlValue } from '../../database/session.js';
import type { SqlFragment } from './filter.compiler.js';
import type { SortKey } from './sort.js';
import { toSqlValue } from './sql-value.js';

export type PositionValue = string | number | boolean | null;

/**
 * The rows after a position. Written as `a >= ? AND (a > ? OR (a = ? AND …))`, which MariaDB plans as a range; a row
 * comparison alone was seen to be a scan of the whole index there. SQLite seeks by the row comparison only, and reads
 * through all rows with the same `a` without it, so it comes first where it means the same. NULL comes first ascending
 * and last descending, on every engine.
 */
export function after(keys: readonly SortKey[], position: readonly PositionValue[]): SqlFragment {
  const params: SqlValue[] = [];
  const seek = rowComparison(keys, position, params);
  return { sql: seek + build(keys, position, 0, params), params };
}

function build(keys: readonly SortKey[], position: readonly PositionValue[], at: number, params: SqlValue[]): string {
  const { field, descending } = keys[at]!;
  const column = `\`${field.name}\``;
  const value = position[at]!;
  const isLast = at === keys.length - 1;
  if (value === null) {
    if (descending) return `${column} IS NULL AND ${build(keys, position, at + 1, params)}`;
    return `(${column} IS NOT NULL OR (${column} IS NULL AND ${build(keys, position, at + 1, params)}))`;
  }
  const bound = toSqlValue(field, value);
  const beyond = descending ? '<' : '>';
  params.push(bound);
  if (isLast) return `${column} ${beyond} ?`;
  const orNull = descending && field.nullable ? ` OR ${column} IS NULL` : '';
  params.push(bound, bound);
  const rest = build(keys, position, at + 1, params);
  const range = orNull ? `(${column} ${beyond}= ?${orNull})` : `${column} ${beyond}= ?`;
  return `${range} AND (${column} ${beyond} ?${orNull} OR (${column} = ? AND ${rest}))`;
}

/** `(a, b, id) > (?, ?, ?)`: has one direction only, and never is true of a NULL, so that none may be still to come. */
function rowComparison(keys: readonly SortKey[], position: readonly PositionValue[], params: SqlValue[]): string {
  const descending = keys[0]!.descending;
  const applies =
    keys.length > 1 &&
    keys.every((key) => key.descending === descending && !(descending && key.field.nullable)) &&
    !position.includes(null);
  if (!applies) return '';
  params.push(...keys.map(({ field }, at) => toSqlValue(field, position[at]!)));
  const columns = keys.map(({ field }) => `\`${field.name}\``).join(', ');
  return `(${columns}) ${descending ? '<' : '>'} (${keys.map(() => '?').join(', ')}) AND `;
}
