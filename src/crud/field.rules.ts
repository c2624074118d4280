import type { FieldType } from './field.js';
import { parseInstant } from './rfc3339.js';

/** What a value of a field has to be, beside its type. Lengths are counted in code points, as the database counts. */
export interface FieldRules {
  readonly type: FieldType;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Violation {
  readonly code: string;
  readonly detail: string;
}

const TYPE_NAMES: Record<FieldType, string> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  timestamp: 'an RFC 3339 date-time such as 2026-11-24T02:37:36.123Z',
};

/** Compiles the rules of one field to one check: null when the value is good, else what is wrong with it. */
export function compileRules(rules: FieldRules): (value: unknown) => Violation | null {
  const wrongType = { code: 'wrong-type', detail: `must be ${TYPE_NAMES[rules.type]}` };
  switch (rules.type) {
    case 'string':
      return (value) => (typeof value === 'string' ? checkString(value, rules) : wrongType);
    case 'integer':
      return (value) => (Number.isSafeInteger(value) ? checkRange(value as number, rules) : wrongType);
    case 'number':
      return (value) => (Number.isFinite(value) ? checkRange(value as number, rules) : wrongType);
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? null : wrongType);
    case 'timestamp':
      return (value) => (typeof value === 'string' ? checkTimestamp(value, wrongType) : wrongType);
  }
}

function checkString(value: string, rules: FieldRules): Violation | null {
  if (!value.isWellFormed()) return { code: 'malformed-unicode', detail: 'must be well-formed Unicode' };
  // MariaDB was seen to sort text with U+0000 in two ways, so that pages skipped rows.
  if (value.includes('\0')) return { code: 'malformed-unicode', detail: 'must not contain U+0000' };
  const { minLength = 0, maxLength = Infinity } = rules;
  // A string has at most as many code points as UTF-16 units: most need no counting.
  if (value.length < minLength || (value.length < 2 * minLength && codePoints(value) < minLength)) {
    return minLength === 1
      ? { code: 'too-short', detail: 'must not be empty' }
      : { code: 'too-short', detail: `must have at least ${minLength} characters` };
  }
  if (value.length > maxLength && codePoints(value) > maxLength) {
    return { code: 'too-long', detail: `must have at most ${maxLength} characters` };
  }
  if (rules.enum && !rules.enum.includes(value)) {
    return { code: 'not-allowed', detail: `must be one of ${rules.enum.map((word) => `"${word}"`).join(', ')}` };
  }
  if (rules.pattern && !rules.pattern.test(value)) {
    return { code: 'malformed', detail: `must match ${rules.pattern.source}` };
  }
  return null;
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

function checkRange(value: number, rules: FieldRules): Violation | null {
  if (rules.minimum !== undefined && value < rules.minimum) {
    return { code: 'out-of-range', detail: `must be at least ${rules.minimum}` };
  }
  if (rules.maximum !== undefined && value > rules.maximum) {
    return { code: 'out-of-range', detail: `must be at most ${rules.maximum}` };
  }
  return null;
}

function checkTimestamp(value: string, wrongType: Violation): Violation | null {
  const at = parseInstant(value);
  if (at === null) return wrongType;
  const year = new Date(at).getUTCFullYear();
  // The TIMESTAMP of MySQL and MariaDB ends on 2038-01-19.
  return year < 1971 || year > 2037 ? { code: 'out-of-range', detail: 'must be in the years 1971 to 2037' } : null;
}
