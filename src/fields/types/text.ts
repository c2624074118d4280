import { isEmail, isURL, isUUID } from 'class-validator';
import type { FieldOptions } from '../field.js';
import { ID_PATTERN } from '../id.js';
import {
  COMPARISONS,
  NO_VIOLATION,
  wrong,
  type Bound,
  type FieldType,
  type Literal,
  type Violation,
} from './field-type.js';

const FORMATS = {
  email: (value: string) => isEmail(value),
  uri: (value: string) => isURL(value, { require_protocol: true, require_tld: false }),
  uuid: (value: string) => isUUID(value),
} as const;
export type TextFormat = keyof typeof FORMATS;

/** InnoDB's indexes hold 3,072 bytes, four for each character, and the id is one of them. */
const LONGEST_INDEXED = 700;
const LONGEST_STRING = 16_000;
const LONGEST_TEXT = 1_048_576;
const LONGEST_WORD = 64;

const isText = (value: unknown): value is string => typeof value === 'string';

/** Text of a known length, compared exactly: case, accents and trailing spaces count. */
export const string: FieldType = {
  operators: [...COMPARISONS, 'contains', 'startswith', 'endswith', 'casei'],
  isSortable: true,
  refuse: ({ maxLength = 255, minLength = 0, sortable, filterable, unique }) => {
    if (maxLength > LONGEST_STRING) return `has a maxLength of at most ${LONGEST_STRING}; type 'text' holds more`;
    if (minLength > maxLength) return 'has a minLength above its maxLength';
    const isIndexed = sortable === true || unique === true || filterable !== undefined;
    return isIndexed && maxLength > LONGEST_INDEXED
      ? `can be sorted, filtered or unique up to a maxLength of ${LONGEST_INDEXED}, for its index`
      : undefined;
  },
  column: ({ maxLength = 255 }) => ({ type: 'varchar', length: maxLength }),
  check: (options) => checkText({ maxLength: 255, ...options }),
  bound: () => textBound,
  order: byCodePoint,
  schema: ({ minLength, maxLength = 255, pattern, format }) => ({
    type: 'string',
    ...(minLength !== undefined && { minLength }),
    maxLength,
    ...(pattern && { pattern: pattern.source }),
    ...(format && { format }),
  }),
  sample: ({ format, maxLength = 255 }, n, name) => {
    if (format === 'email') return `${name}${n}@example.org`;
    if (format === 'uri') return `https://example.org/${name}/${n}`;
    if (format === 'uuid') return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const text = `${name} ${n}`;
    return text.length <= maxLength ? text : String(n).padStart(maxLength, '0').slice(-maxLength);
  },
};

/** Text that is read whole: never sorted, and searched only by what it contains. */
export const text: FieldType = {
  ...string,
  operators: ['contains', 'startswith', 'endswith', 'casei'],
  isSortable: false,
  refuse: ({ maxLength = 0, unique }) =>
    unique
      ? "can't be unique: use type 'string'"
      : maxLength > 16 * LONGEST_TEXT
        ? `has a maxLength of at most ${16 * LONGEST_TEXT}`
        : undefined,
  column: () => ({ type: 'mediumtext' }),
  check: (options) => checkText({ maxLength: LONGEST_TEXT, ...options }),
  schema: (options) => ({ ...string.schema(options), maxLength: options.maxLength ?? LONGEST_TEXT }),
  sample: (_options, n, name) => `${name} ${n}`,
};

/** One of the words that the declaration lists. */
export const words: FieldType = {
  operators: ['eq', 'ne', 'in'],
  isSortable: true,
  refuse: ({ words: all = [] }) => {
    if (all.length === 0) return "needs its words: { type: 'enum', words: ['red', 'green'] }";
    if (new Set(all).size < all.length) return 'names a word twice';
    return all.some((word) => word === '' || [...word].length > LONGEST_WORD)
      ? `has words of 1 to ${LONGEST_WORD} characters`
      : undefined;
  },
  // One length for all enums, so that a word can be added without a migration.
  column: () => ({ type: 'varchar', length: LONGEST_WORD }),
  check: ({ words: all = [] }) => {
    const known = new Set(all);
    const detail = `must be one of ${all.map((word) => `"${word}"`).join(', ')}`;
    return (value) =>
      !isText(value)
        ? wrong('wrong-type', 'must be a string')
        : known.has(value)
          ? NO_VIOLATION
          : wrong('not-allowed', detail);
  },
  bound: () => textBound,
  order: byCodePoint,
  schema: ({ words: all = [] }) => ({ type: 'string', enum: [...all] }),
  sample: ({ words: all = [] }, n) => all[n % all.length],
};

/** The id of a row of another resource. That there is such a row is checked when it is written. */
export const reference: FieldType = {
  operators: ['eq', 'ne', 'in'],
  isSortable: true,
  refuse: ({ to }) => (to ? undefined : 'needs the resource that it refers to: { to: () => Customer }'),
  column: () => ({ type: 'varchar', length: 36 }),
  check: () => checkText({ minLength: 1, maxLength: 36, pattern: ID_PATTERN }),
  bound: () => textBound,
  order: byCodePoint,
  schema: () => ({ type: 'string', minLength: 1, maxLength: 36, pattern: ID_PATTERN.source }),
  sample: (_options, n) => `row-${n}`,
};

type TextRules = Pick<FieldOptions, 'minLength' | 'maxLength' | 'pattern' | 'format'>;

/** Lengths are counted in code points, as the databases count. */
export function checkText(rules: TextRules): (value: unknown) => readonly Violation[] {
  const wrongType = wrong('wrong-type', 'must be a string');
  return (value) => {
    const violation = isText(value) ? faultOf(value, rules) : undefined;
    return violation ? [violation] : isText(value) ? NO_VIOLATION : wrongType;
  };
}

function faultOf(
  value: string,
  { minLength = 0, maxLength = Infinity, pattern, format }: TextRules,
): Violation | undefined {
  const malformed = unicodeFault(value);
  if (malformed) return { code: 'malformed-unicode', detail: malformed };
  // A string has at most as many code points as UTF-16 units: most need no counting.
  if (value.length < minLength || (value.length < 2 * minLength && codePoints(value) < minLength)) {
    const detail = minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`;
    return { code: 'too-short', detail };
  }
  if (value.length > maxLength && codePoints(value) > maxLength)
    return { code: 'too-long', detail: `must have at most ${maxLength} characters` };
  if (pattern && !pattern.test(value)) return { code: 'malformed', detail: `must match ${pattern.source}` };
  if (format && !FORMATS[format](value)) return { code: 'malformed', detail: `must be a valid ${format}` };
  return undefined;
}

function unicodeFault(value: string): string | undefined {
  if (!value.isWellFormed()) return 'must be well-formed Unicode';
  // MariaDB was seen to sort text with U+0000 in two ways, so that pages skipped rows.
  return value.includes('\0') ? 'must not contain U+0000' : undefined;
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

function textBound(literal: Literal): Bound | string {
  return isText(literal) ? (unicodeFault(literal) ?? { value: literal, isExact: true }) : 'must be a string';
}

/** As the databases' binary collations order text; JavaScript's own `<` goes by UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
