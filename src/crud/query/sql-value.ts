import { fromInstant } from '../../database/instant.js';
import type { SqlValue } from '../../database/session.js';
import type { Field } from '../field.js';
import { compileRules, type Violation } from '../field.rules.js';
import { canonicalInstant, parseInstant } from '../rfc3339.js';

const isNumber = (value: unknown) => (Number.isFinite(value) ? null : 'must be a number');
const detailOf = (check: (value: unknown) => Violation | null) => (value: unknown) => check(value)?.detail ?? null;

/** Comparing is not storing: any instant and any number will do, whether its column could hold it or not. */
const CHECKS = {
  string: detailOf(compileRules({ type: 'string' })),
  integer: isNumber,
  number: isNumber,
  boolean: detailOf(compileRules({ type: 'boolean' })),
  timestamp: (value: unknown) =>
    typeof value === 'string' && parseInstant(value) !== null
      ? null
      : 'must be an RFC 3339 date-time such as 2026-11-24T02:37:36.123Z',
} as const;

/** What is wrong with `value` as a value of `field` to compare with, in the words of an error message; null if nothing. */
export function valueFault(field: Field, value: unknown): string | null {
  return CHECKS[field.type](value);
}

/** A value of the API, checked, as its column has it. */
export function toSqlValue(field: Field, value: string | number | boolean): SqlValue {
  if (field.type === 'timestamp') return fromInstant(canonicalInstant(value as string));
  return typeof value === 'boolean' ? Number(value) : value;
}
