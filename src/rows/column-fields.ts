import type { EntityMetadata } from 'typeorm';
import { declaredFields, fieldOf } from '../fields/field.decorator.js';
import type { Field } from '../fields/field.js';
import type { TypeName } from '../fields/types/types.js';
import type { EntityClass } from './crud.entity.js';

/** Field types of columns that are no fields, by TypeORM's normalised types. */
const TYPES: Readonly<Record<string, TypeName | undefined>> = {
  varchar: 'string',
  mediumtext: 'text',
  int: 'integer',
  integer: 'integer',
  bigint: 'bigint',
  double: 'number',
  boolean: 'boolean',
  tinyint: 'boolean',
  timestamp: 'timestamp',
  datetime: 'timestamp',
  date: 'date',
};

/** A field for each column of a table: the declared one, or for a plain `@Column()` one of the column's type. */
export function columnFields({ columns, dataSource, target }: EntityMetadata): Map<string, Field> {
  const declared = new Map(declaredFields(target as EntityClass).map((field) => [field.name, field]));
  const fields = new Map<string, Field>();
  for (const column of columns) {
    const { databaseName: name, length } = column;
    const type = TYPES[dataSource.driver.normalizeType(column)];
    const plain = type && fieldOf(name, { type, nullable: true, ...(length !== '' && { maxLength: Number(length) }) });
    const field = declared.get(name) ?? plain;
    if (field) fields.set(name, field);
  }
  return fields;
}
