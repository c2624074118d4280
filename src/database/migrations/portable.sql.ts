import type { TableColumnOptions } from 'typeorm';
import { numbersOf, shapeOf } from '../schema/column-shape.js';

const INT = 2 ** 31;

export function quote(name: string): string {
  return `\`${name}\``;
}

/** A column of a table that is there. Its character set is said because the default of the database may be another. */
export function columnSql({ name, charset, collation, ...column }: TableColumnOptions): string {
  const text = collation === undefined ? '' : ` CHARACTER SET ${charset} COLLATE ${collation}`;
  const byDefault = column.default === undefined ? '' : ` DEFAULT ${String(column.default)}`;
  return `${quote(name)} ${shapeOf({ ...column }).type}${text} ${column.isNullable ? 'NULL' : 'NOT NULL'}${byDefault}`;
}

/** Says which rows have a value that a column has no room for: MySQL would round some of them, and SQLite keep them all. */
export function misfit(column: TableColumnOptions, isSqlite: boolean): string {
  const name = quote(column.name);
  const conditions = column.isNullable ? [] : [`${name} IS NULL`];
  const { type } = shapeOf(column);
  const [size = 0, scale = 0] = numbersOf(type);
  if (type.startsWith('varchar')) conditions.push(`${isSqlite ? 'LENGTH' : 'CHAR_LENGTH'}(${name}) > ${size}`);
  if (type === 'int') conditions.push(`${name} < ${-INT} OR ${name} >= ${INT}`);
  // SQLite has decimals as integers of their last digit.
  if (type.startsWith('decimal')) conditions.push(`ABS(${name}) >= 1e${isSqlite ? size : size - scale}`);
  return conditions.join(' OR ') || 'FALSE';
}
