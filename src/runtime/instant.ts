let instant = '';
let instantMs = 0;

/** The present time in RFC 3339, as `Date.toISOString()` writes it; one text for all who ask in the same millisecond. */
export function now(): string {
  const ms = Date.now();
  if (ms !== instantMs) {
    instantMs = ms;
    instant = new Date(ms).toISOString();
  }
  return instant;
}

/** `2026-11-24 02:37:36.123` in UTC, as rows have it, to RFC 3339. Strings only: no time zone can come between. */
export function toInstant(text: string): string {
  if (text.length === 23) return `${text.slice(0, 10)}T${text.slice(11)}Z`;
  const seconds = `${text.slice(0, 10)}T${text.slice(11, 19)}`;
  return `${seconds}.${text.length > 20 ? text.slice(20, 23).padEnd(3, '0') : '000'}Z`;
}

let rfc3339 = '';
let ofRow = '';

/** RFC 3339 in UTC with milliseconds, as `Date.toISOString()` writes it, to what rows have. What is new has several of one. */
export function fromInstant(instant: string): string {
  if (instant !== rfc3339) {
    rfc3339 = instant;
    ofRow = `${instant.slice(0, 10)} ${instant.slice(11, 23)}`;
  }
  return ofRow;
}

/** The clock of SQLite in the form that rows have. */
export const SQLITE_NOW = `(strftime('%Y-%m-%d %H:%M:%f', 'now'))`;
