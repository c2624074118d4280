import type { Field } from '../../fields/field.js';

/** One JSON text and a newline (https://github.com/ndjson/ndjson-spec). */
export function ndjsonLine(_fields: readonly Field[], row: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(row)}\n`;
}
