import { fromInstant, toInstant } from '../../runtime/instant.js';
import { instants } from '../instants.js';
import { COMPARISONS, NO_VIOLATION, wrong, type Bound, type FieldType, type Literal } from './field-type.js';
import { canonicalInstant, parseInstant } from './rfc3339.js';

/** A range in milliseconds since 1970. */
interface Range {
  readonly first: number;
  readonly last: number;
}
/** The range of DATETIME. */
const YEARS = rangeFrom('1000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z');
/** The range of TIMESTAMP, the type of `created_at` and its like. */
const TIMESTAMP = rangeFrom('1970-01-01T00:00:01.000Z', '2038-01-19T03:14:07.999Z');
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const A_DAY = 'must be a day such as "2026-11-28"';
const AN_INSTANT = 'must be an RFC 3339 date-time such as "2026-11-24T02:37:36.123Z"';

/** A day of the calendar, without a time or a zone. */
export const date: FieldType = {
  operators: COMPARISONS,
  isSortable: true,
  column: () => ({ type: 'date' }),
  check: () => (value) => {
    if (typeof value !== 'string' || !isDay(value)) return wrong('wrong-type', A_DAY);
    return value < '1000' ? wrong('out-of-range', 'must be in the years 1000 to 9999') : NO_VIOLATION;
  },
  bound: () => (literal) => {
    if (typeof literal !== 'string' || !isDay(literal)) return A_DAY;
    return literal < '1000' ? { value: null, isExact: false } : { value: literal, isExact: true };
  },
  order: byText,
  schema: () => ({ type: 'string', format: 'date' }),
  sample: (_options, n) => new Date(Date.UTC(2026, 0, 1 + (n % 100_000))).toISOString().slice(0, 10),
};

/** An instant, in UTC and cut to the millisecond. */
export const timestamp: FieldType = {
  operators: COMPARISONS,
  isSortable: true,
  column: () => ({ type: 'datetime', precision: 3, transformer: instants }),
  sqliteColumn: () => ({ type: 'timestamp', precision: undefined }),
  check: (options) => {
    const { first, last } = rangeOf(options.column?.type);
    return (value) => {
      const at = typeof value === 'string' ? parseInstant(value) : null;
      if (at === null) return wrong('wrong-type', AN_INSTANT);
      return at < first || at > last
        ? wrong('out-of-range', `must be from ${dayOf(first)} to ${dayOf(last)}`)
        : NO_VIOLATION;
    };
  },
  normalise: () => canonicalInstant,
  bound: (options) => {
    const range = rangeOf(options.column?.type);
    return (literal) => instantBound(literal, range);
  },
  order: byText,
  codec: () => ({ encode: fromInstant, decode: (value) => toInstant(value as string) }),
  schema: () => ({ type: 'string', format: 'date-time' }),
  sample: (_options, n) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
};

function rangeOf(column: unknown): Range {
  return column === 'timestamp' ? TIMESTAMP : YEARS;
}

function instantBound(literal: Literal, { first, last }: Range): Bound | string {
  const at = typeof literal === 'string' ? parseInstant(literal) : null;
  if (at === null) return AN_INSTANT;
  if (at < first) return { value: null, isExact: false };
  // Cut to the millisecond, as it is when it is stored: the same text finds what it wrote.
  return { value: new Date(Math.min(at, last)).toISOString(), isExact: at <= last };
}

function rangeFrom(first: string, last: string): Range {
  return { first: Date.parse(first), last: Date.parse(last) };
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function isDay(text: string): boolean {
  return DAY.test(text) && parseInstant(`${text}T00:00:00Z`) !== null;
}

/** Texts of one form, in which the larger unit comes first. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
