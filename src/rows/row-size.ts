import type { Field } from '../fields/field.js';

/** A word of an enum has 64 characters; numbers, instants and ids are shorter. */
const SHORT = 64;
const BYTES_OF_CHARACTER = 4;
const STRING = 255;

/** The bytes that a column can hold at most; Infinity where that is no matter of the declaration. */
export function mostBytes(field: Field | undefined): number {
  if (!field) return Infinity;
  const { type, maxLength } = field.options;
  switch (type) {
    case 'text':
      return BYTES_OF_CHARACTER * (maxLength ?? Infinity);
    case 'json':
    case 'list':
      return Infinity;
    case 'string':
      return BYTES_OF_CHARACTER * (maxLength ?? STRING);
    default:
      return SHORT;
  }
}
