import type { Field } from '../../fields/field.js';
import type { TypeName } from '../../fields/types/types.js';

/** Types whose values are text in JSON, and numbers to a spreadsheet. */
const NUMBERS: ReadonlySet<TypeName> = new Set<TypeName>(['decimal', 'bigint']);
/**
 * A sign that begins a formula (https://owasp.org/www-community/attacks/CSV_Injection): at the beginning of a cell, or after a
 * character that begins a cell where another locale, or a reader that knows no quotes, takes it for a separator. Invisible
 * characters and quotes may stand between. Full-width signs are signs to spreadsheets of East Asia.
 */
const SIGN = '[=+\\-@＝＋－＠﹦﹢﹣﹫]';
const UNSEEN = `(?:(?![\\t\\r\\n])[\\s\\p{Cc}\\p{Cf}"'])*`;
const AT_START = new RegExp(`^(?:[\\t\\r\\n]|${UNSEEN}${SIGN})`, 'u');
const AFTER_SEPARATOR = new RegExp(`([;,|\\t\\r\\n]${UNSEEN})(?=${SIGN})`, 'gu');
const NEEDS_QUOTES = /[",\r\n]/;
/** A text in a document, names of members among them. */
const JSON_TEXT = /"(?:[^"\\]|\\.)*"/g;

/** RFC 4180: the names of the fields. */
export function csvHeader(fields: readonly Field[]): string {
  return `${fields.map(({ name }) => name).join(',')}\r\n`;
}

/** One record. Null is empty; text that a spreadsheet would run has an apostrophe before it. Numbers stay numbers. */
export function csvLine(fields: readonly Field[], row: Readonly<Record<string, unknown>>): string {
  let line = '';
  fields.forEach((field, index) => (line += (index === 0 ? '' : ',') + cell(row[field.name], field)));
  return `${line}\r\n`;
}

function cell(value: unknown, { type, options }: Field): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (NUMBERS.has(options.items?.type ?? type)) return quoted(text);
  return quoted(typeof value === 'string' ? neutral(text) : text.replace(JSON_TEXT, neutralInJson));
}

function neutralInJson(text: string): string {
  return JSON.stringify(neutral(JSON.parse(text) as string));
}

function quoted(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function neutral(value: string): string {
  const text = value.replace(AFTER_SEPARATOR, "$1'");
  return AT_START.test(value) ? `'${text}` : text;
}
