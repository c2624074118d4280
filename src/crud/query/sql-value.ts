import { fromInstant } from '../../database/instant.js';
import type { SqlValue } from '../../database/session.js';
import type { Field } from '../../fields/field.js';
import { compileRules } from '../../fields/field.rules.js';

const CHECKS = {
  string: compileRules({ type: 'string' }),
  integer: compileRules({ type: 'integer' }),
  number: compileRules({ type: 'number' }),
  boolean: compileRules({ type: 'boolean' }),
  timestamp: compileRules({ type: 'timestamp' }),
} as const;

/** What is wrong with `value` as a value of `field` to compare with, in the words of an error message; null if nothing. */
export function valueFault(field: Field, value: unknown): string | null {
  return CHECKS[field.type](value)?.detail ?? null;
}

/** A value of the API, checked, as its column has it. */
export function toSqlValue(field: Field, value: string | number | boolean): SqlValue {
  if (field.type === 'timestamp') return fromInstant(new Date(value as string).toISOString());
  return typeof value === 'boolean' ? Number(value) : value;
}
