import { Column, Index, PrimaryColumn, Unique, type ColumnOptions } from 'typeorm';
import type { Field, FieldOptions } from './field.js';
import { FIELD_TYPES } from './types/types.js';
import type { FieldType } from './types/field-type.js';

/**
 * A field's column as TypeORM is to know it, with the index that sorting and filtering need. The names of indexes and
 * constraints are the naming strategy's (see `SchemaNames`).
 */
export function columnOf(field: Field): PropertyDecorator[] {
  const { name, options, nullable } = field;
  if (options.derived) return [];
  const byDefault = defaultSqlOf(field, false);
  const column: ColumnOptions = {
    ...columnOptionsOf(options),
    nullable,
    ...(byDefault !== undefined && { default: () => byDefault }),
    ...options.column,
  };
  if (name === 'id') return [PrimaryColumn({ ...column, nullable: false })];
  const decorators = [Column(column)];
  if (options.unique) decorators.push((target) => Unique([name])(target.constructor));
  else if (isIndexed(field)) decorators.push((target) => Index([name, 'id'])(target.constructor));
  return decorators;
}

/** The column on MySQL and MariaDB. */
export function columnOptionsOf(options: FieldOptions): ColumnOptions {
  return { ...FIELD_TYPES[options.type].column(options), ...options.column };
}

/** The differences on SQLite. */
export function sqliteColumnOf(options: FieldOptions): ColumnOptions | undefined {
  const type: FieldType = FIELD_TYPES[options.type];
  return type.sqliteColumn?.(options);
}

function isIndexed({ sortable, filterable }: Field): boolean {
  return sortable || filterable.some((operator) => operator === 'eq' || operator === 'in');
}

/** The default of a field's column, as SQL of one engine; rows that are there when the column is added get it. */
export function defaultSqlOf(field: Field, isSqlite: boolean): string | undefined {
  const { options, default: value } = field;
  if (value === null) return undefined;
  const { encode } = field.codec(isSqlite);
  const stored = encode ? encode(value as never) : value;
  if (typeof stored !== 'string') return String(typeof stored === 'boolean' ? Number(stored) : stored);
  const quoted = `'${stored.replaceAll("'", "''")}'`;
  if (isSqlite) return quoted;
  const literal = quoted.replaceAll('\\', '\\\\');
  // MySQL takes the default of a long text only as an expression.
  return columnOptionsOf(options).type === 'mediumtext' ? `(${literal})` : literal;
}
