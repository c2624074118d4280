import { inspect } from 'node:util';
import { fieldOf } from '../../fields/field.decorator.js';
import type { FieldOptions } from '../../fields/field.js';
import { numbersOf, type ColumnShape } from '../schema/column-shape.js';

/**
 * A column of SQLite as `Portable` is told of it. A migration speaks of columns and stands for ever: what else a field
 * declares (an enum's words, a reference's target) changes without one. @throws Refusal for a column that no field has
 */
export function declarationOf(at: string, shape: ColumnShape): FieldOptions {
  const [size, scale] = numbersOf(shape.type);
  const name = /^\w+/.exec(shape.type)![0];
  const type = TYPES[name];
  if (!type)
    throw new Refusal(`${at} is a column of type ${shape.type}, which no field has: write its migration by hand`);
  const options: FieldOptions = {
    type,
    ...(type === 'string' && { maxLength: size! }),
    ...(type === 'decimal' && { precision: size!, scale: scale! }),
    ...(shape.isNullable && { nullable: true }),
  };
  return shape.default === undefined ? options : { ...options, default: literalOf(at, options, shape.default) };
}

/** Writes a value as TypeScript. */
export function code(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: null, maxStringLength: null, maxArrayLength: null });
}

/** Something that is never guessed, or can't work. */
export class Refusal extends Error {}

const TYPES: Readonly<Record<string, FieldOptions['type'] | undefined>> = {
  varchar: 'string',
  mediumtext: 'text',
  boolean: 'boolean',
  int: 'integer',
  bigint: 'bigint',
  decimal: 'decimal',
  double: 'number',
  date: 'date',
  timestamp: 'timestamp',
};

function literalOf(at: string, options: FieldOptions, sql: string): unknown {
  const isQuoted = sql.startsWith("'");
  if (!isQuoted && Number.isNaN(Number(sql)))
    throw new Refusal(`${at} has the default ${sql}, which is not a value: write its migration by hand`);
  const stored = isQuoted ? sql.slice(1, -1).replaceAll("''", "'") : sql;
  const { decode } = fieldOf('column', options).codec(true);
  if (decode) return decode(stored);
  return options.type === 'integer' ? Number(stored) : stored;
}
