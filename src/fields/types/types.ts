import { boolean } from './boolean.js';
import { json, list } from './documents.js';
import type { FieldType } from './field-type.js';
import { bigint, decimal, integer, number } from './numbers.js';
import { reference, string, text, words } from './text.js';
import { date, timestamp } from './times.js';

/** Every type of a field, by the name that declarations use. */
export const FIELD_TYPES = {
  string,
  text,
  enum: words,
  boolean,
  integer,
  bigint,
  decimal,
  number,
  date,
  timestamp,
  json,
  list,
  reference,
} as const satisfies Record<string, FieldType>;

export type TypeName = keyof typeof FIELD_TYPES;
