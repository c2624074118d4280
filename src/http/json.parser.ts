import { isUtf8 } from 'node:buffer';
import { DomainError } from './domain-error.js';

const MAX_DEPTH = 32;
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * JSON as RFC 8259 means it, and no deeper than 32: UTF-8 without exception, and no name twice in an object, where
 * `JSON.parse` would keep the last one and drop the rest silently.
 */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw invalid('The body is not UTF-8.');
  const members = scan(body);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw invalid('The body is not JSON.');
  }
  if (countMembers(value) !== members) throw invalid('An object in the body has two members of the same name.');
  return value;
}

/** Counts the members of all objects by their colons, and refuses what is nested too deeply, before anything recurses. */
function scan(body: Buffer): number {
  let depth = 0;
  let colons = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      for (at++; at < body.length && body[at] !== QUOTE; at++) if (body[at] === BACKSLASH) at++;
    } else if (byte === COLON) colons++;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH)
        throw new DomainError('json-too-deep', `The body is nested more than ${MAX_DEPTH} levels deep.`);
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
  }
  return colons;
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
