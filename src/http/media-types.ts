/** The type as answers say it, with which `Accept` is compared. */
export const JSON_TYPE = 'application/json; charset=utf-8';
export const HTML_TYPE = 'text/html; charset=utf-8';
export const NDJSON_TYPE = 'application/x-ndjson';
export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';
export const EVENTS_TYPE = 'text/event-stream; charset=utf-8';
/** The text format of Prometheus. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const PARAMETER = `${TOKEN}=(?:${TOKEN}|${QUOTED})`;
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}[ \t]*(?:;[ \t]*(?:${PARAMETER}[ \t]*)?)*$`);
const PARAMETERS = new RegExp(`;[ \t]*(${TOKEN})=(${TOKEN}|${QUOTED})`, 'g');

export interface MediaType {
  /** The type in lower case, without its parameters. */
  readonly type: string;
  readonly charsets: readonly string[];
}

/**
 * A `Content-Type` to the letter (RFC 9110 section 8.3.1), without whitespace around `=`: lenient readers disagree about
 * what it means. Null for what is none.
 */
export function parseMediaType(value: string): MediaType | null {
  if (!MEDIA_TYPE.test(value)) return null;
  const charsets = [...value.matchAll(PARAMETERS)]
    .filter(([, name]) => name!.toLowerCase() === 'charset')
    .map(([, , text]) => unquoted(text!).toLowerCase());
  return { type: bareType(value).toLowerCase(), charsets };
}

/** A media type without its parameters. */
export function bareType(value: string): string {
  return value.split(';', 1)[0]!.trimEnd();
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;
}
