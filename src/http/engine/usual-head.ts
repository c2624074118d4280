import { STATUS_CODES, type OutgoingHttpHeaders } from 'node:http';

/** Headers of every answer, unless it says otherwise itself. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache',
};
const SECURITY_LINES = linesOf(SECURITY_HEADERS);

/** Headers that need nothing but to be written. All others are left to Node, which may draw conclusions from them. */
const USUAL: ReadonlySet<string> = new Set([
  'access-control-allow-origin',
  'access-control-expose-headers',
  'content-length',
  'content-type',
  'deprecation',
  'etag',
  'idempotency-replayed',
  'link',
  'location',
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
  'sunset',
  'vary',
]);
/** Characters that Node refuses in a value (RFC 9110 section 5.5), or treats in its own way: all that is not ASCII. */
const NOT_IN_VALUE = /[^\t\x20-\x7e]/;

/**
 * The head of the usual answer, byte for byte as Node would write it: with a body, on a connection that stays open.
 * @returns undefined where these headers need Node's own way
 */
export function usualHead(
  status: number,
  headers: OutgoingHttpHeaders | undefined,
  keepAliveMs: number,
): string | undefined {
  let lines = '';
  let hasLength = false;
  for (const name in headers) {
    const value = headers[name];
    if (!USUAL.has(name) || typeof value !== 'string' || NOT_IN_VALUE.test(value)) return undefined;
    if (name === 'content-length') hasLength = true;
    lines += `${name}: ${value}\r\n`;
  }
  if (!hasLength) return undefined;
  const seconds = Math.floor(keepAliveMs / 1000);
  const keepAlive = seconds > 0 ? `Keep-Alive: timeout=${seconds}\r\n` : '';
  return `${statusLine(status)}${SECURITY_LINES}${lines}Date: ${date()}\r\nConnection: keep-alive\r\n${keepAlive}\r\n`;
}

function linesOf(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

const statusLines: string[] = [];
function statusLine(status: number): string {
  return (statusLines[status] ??= `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`);
}

let second = 0;
let dateOfSecond = '';
function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    dateOfSecond = new Date(now * 1000).toUTCString();
  }
  return dateOfSecond;
}
