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
  const column: ColumnOptions = {
    ...columnOptionsOf(options),
    nullable,
    ...(isDefault(field.default) && { default: field.default }),
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
  return FIELD_TYPES[options.type].column(options);
}

/** The differences on SQLite. */
export function sqliteColumnOf(options: FieldOptions): ColumnOptions | undefined {
  const type: FieldType = FIELD_TYPES[options.type];
  return type.sqliteColumn?.(options);
}

function isIndexed({ sortable, filterable }: Field): boolean {
  return sortable || filterable.some((operator) => operator === 'eq' || operator === 'in');
}

/** Documents can have none in MySQL: their default is the service's alone. */
function isDefault(value: unknown): boolean {
  return value !== null && typeof value !== 'object';
}
