import type { Field } from '../../fields/field.js';
import type { TypeName } from '../../fields/types/types.js';

/** Types whose values are text in JSON, and numbers to a spreadsheet. */
const NUMBERS: ReadonlySet<TypeName> = new Set<TypeName>(['decimal', 'bigint']);
/**
 * What begins a formula (https://owasp.org/www-community/attacks/CSV_Injection), at the beginning of a cell or after what
 * begins a cell where another locale, or a reader that knows no quotes, takes it for a separator. What is not seen, and
 * quotes, may stand between. Full-width signs are signs to spreadsheets of East Asia.
 */
const SIGN = '[=+\\-@＝＋－＠﹦﹢﹣﹫]';
const UNSEEN = `(?:(?![\\t\\r\\n])[\\s\\p{Cc}\\p{Cf}"'])*`;
const AT_START = new RegExp(`^(?:[\\t\\r\\n]|${UNSEEN}${SIGN})`, 'u');
const AFTER_SEPARATOR = new RegExp(`([;,|\\t\\r\\n]${UNSEEN})(?=${SIGN})`, 'gu');
const NEEDS_QUOTES = /[",\r\n]/;

/** RFC 4180: the names of the fields. */
export function csvHeader(fields: readonly Field[]): string {
  return `${fields.map(({ name }) => name).join(',')}\r\n`;
}

/** One record. Null is empty; text that a spreadsheet would run has an apostrophe before it. Numbers stay numbers. */
export function csvLine(fields: readonly Field[], row: Readonly<Record<string, unknown>>): string {
  let line = '';
  fields.forEach(({ name, type }, index) => (line += (index === 0 ? '' : ',') + cell(row[name], type)));
  return `${line}\r\n`;
}

function cell(value: unknown, type: TypeName): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return quoted(JSON.stringify(value));
  return quoted(NUMBERS.has(type) ? value : neutral(value));
}

function quoted(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function neutral(value: string): string {
  const text = value.replace(AFTER_SEPARATOR, "$1'");
  return AT_START.test(value) ? `'${text}` : text;
}
