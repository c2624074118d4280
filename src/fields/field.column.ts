import { Column, Index, PrimaryColumn, Unique, type ColumnOptions } from 'typeorm';
import { instants } from './instants.js';
import type { Field } from './field.js';
import type { FieldOptions } from './field.decorator.js';

/**
 * A field's column as TypeORM is to know it, with the index that sorting and filtering need. The names of indexes and
 * constraints are the naming strategy's (see `SchemaNames`).
 */
export function columnOf(field: Field, options: FieldOptions): PropertyDecorator[] {
  if (field.derived) return [];
  const column: ColumnOptions = {
    ...COLUMNS[options.type](options),
    nullable: field.nullable,
    ...(field.default !== null && { default: field.default }),
    ...options.column,
  };
  if (field.name === 'id') return [PrimaryColumn({ ...column, nullable: false })];
  const isIndexed = field.sortable || field.filterable.some((operator) => operator === 'eq' || operator === 'in');
  const decorators = [Column(column)];
  if (options.unique) decorators.push((target, key) => Unique([String(key)])(target.constructor));
  else if (isIndexed) decorators.push((target, key) => Index([String(key), 'id'])(target.constructor));
  return decorators;
}

const COLUMNS: Record<FieldOptions['type'], (options: FieldOptions) => ColumnOptions> = {
  string: ({ maxLength }) => ({ type: 'varchar', length: maxLength ?? 255 }),
  integer: () => ({ type: 'int' }),
  number: () => ({ type: 'double' }),
  boolean: () => ({ type: 'boolean' }),
  timestamp: () => ({ type: 'timestamp', precision: 3, transformer: instants }),
};
