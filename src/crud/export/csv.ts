import type { Field } from '../../fields/field.js';
import type { TypeName } from '../../fields/types/types.js';

/** What a spreadsheet would take for a formula (https://owasp.org/www-community/attacks/CSV_Injection). */
const FORMULA = /^[=+\-@\t\r]/;
/** What comes as text and is none. */
const NUMBERS: ReadonlySet<TypeName> = new Set<TypeName>(['decimal', 'bigint']);
const NEEDS_QUOTES = /[",\r\n]/;

/** RFC 4180: the names of the fields. */
export function csvHeader(fields: readonly Field[]): string {
  return `${fields.map(({ name }) => name).join(',')}\r\n`;
}

/** One record. Null is empty; text that a spreadsheet would run has an apostrophe before it. */
export function csvLine(fields: readonly Field[], row: Readonly<Record<string, unknown>>): string {
  let line = '';
  fields.forEach(({ name, type }, index) => (line += (index === 0 ? '' : ',') + cell(row[name], type)));
  return `${line}\r\n`;
}

function cell(value: unknown, type: TypeName): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return quoted(JSON.stringify(value));
  const text = FORMULA.test(value) && !NUMBERS.has(type) ? `'${value}` : value;
  return quoted(text);
}

function quoted(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
