import { isUtf8 } from 'node:buffer';
import { ExactDecimal } from '../fields/types/exact-decimal.js';
import { DomainError } from '../problems/domain-error.js';

const MAX_DEPTH = 32;
const [ZERO, NINE, POINT, E, LOWER_CASE] = [0x30, 0x39, 0x2e, 0x65, 0x20];
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Digits that every double holds. */
const EXACT_DIGITS = 15;

/**
 * JSON as RFC 8259 means it, and no deeper than 32 levels: UTF-8 without exception, no name twice in an object, where
 * `JSON.parse` would keep the last one and drop the rest silently, and no number that a double would round (RFC 7493
 * section 2.2).
 * @param around levels that the body has around others, as a batch, which are not counted
 */
export function parseJson(body: Buffer, around = 0): unknown {
  if (!isUtf8(body)) throw invalid('The body is not UTF-8.');
  const { members, hasLongNumber } = scan(body, MAX_DEPTH + around);
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('The body is not JSON.');
  }
  if (hasLongNumber) refuseRoundedNumbers(text);
  if (countMembers(value) !== members) throw invalid('An object in the body has two members of the same name.');
  return value;
}

/** Counts the members of all objects by their colons, and refuses what is nested too deeply, before anything recurses. */
function scan(body: Buffer, maxDepth: number): { readonly members: number; readonly hasLongNumber: boolean } {
  let depth = 0;
  let colons = 0;
  let digits = 0;
  let hasLongNumber = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte >= ZERO && byte <= NINE) {
      if (++digits > EXACT_DIGITS) hasLongNumber = true;
      continue;
    }
    if (byte === POINT) continue;
    // An exponent may lead anywhere.
    if (digits > 0 && (byte | LOWER_CASE) === E) hasLongNumber = true;
    digits = 0;
    if (byte === QUOTE) {
      for (at++; at < body.length && body[at] !== QUOTE; at++) if (body[at] === BACKSLASH) at++;
    } else if (byte === COLON) colons++;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > maxDepth)
        throw new DomainError('json-too-deep', `The body is nested more than ${maxDepth} levels deep.`);
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
  }
  return { members: colons, hasLongNumber };
}

/** Says which number has more digits than a double keeps: it would be stored as another one. */
function refuseRoundedNumbers(text: string): void {
  JSON.parse(text, (_name, value: unknown, context?: { source?: string }) => {
    const { source } = context ?? {};
    if (typeof value === 'number' && source !== undefined && !isSameNumber(source, value))
      throw invalid('A number in the body has more digits than a JSON number keeps: send it as a string.');
    return value;
  });
}

function isSameNumber(source: string, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  const [written, kept] = [ExactDecimal.parse(source)!, ExactDecimal.ofNumber(value)];
  const scale = Math.max(written.scale, kept.scale);
  return written.floor(scale).units === kept.floor(scale).units;
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const values: unknown[] = Object.values(value);
  let count = Array.isArray(value) ? 0 : values.length;
  for (const member of values) count += countMembers(member);
  return count;
}

function invalid(detail: string): DomainError {
  return new DomainError('invalid-json', detail);
}
