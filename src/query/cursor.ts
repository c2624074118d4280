import { hash } from 'node:crypto';
import { DomainError } from '../problems/domain-error.js';
import type { PositionValue } from './keyset.js';
import type { SortKey } from './sort.js';
import { ExactDecimal } from '../fields/types/exact-decimal.js';
import type { Field } from '../fields/field.js';

/**
 * A position in a list, opaque to clients: what query it belongs to, and the sort values of the last row seen. It holds
 * no more than that row showed, so it is not signed; what is forged moves only the forger's own window.
 */
export function encodeCursor(fingerprint: string, position: readonly PositionValue[]): string {
  return Buffer.from(JSON.stringify([fingerprint, ...position])).toString('base64url');
}

/** @throws DomainError `invalid-cursor` for anything that `encodeCursor` did not make for the same query */
export function decodeCursor(cursor: string, fingerprint: string, keys: readonly SortKey[]): PositionValue[] {
  let parts: unknown;
  try {
    const bytes = Buffer.from(cursor, 'base64url');
    // Decoding forgives much; a cursor has one spelling.
    if (bytes.toString('base64url') !== cursor) throw invalidCursor();
    parts = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalidCursor();
  }
  if (!Array.isArray(parts) || parts.length !== keys.length + 1 || parts[0] !== fingerprint) throw invalidCursor();
  const position = parts.slice(1) as unknown[];
  const good = keys.every(({ field }, index) => {
    const value = position[index];
    return value === null ? field.nullable : isStorable(field, value);
  });
  if (!good) throw invalidCursor();
  return position as PositionValue[];
}

/** A digest of the parts of a list query that a cursor is bound to: everything but `limit` and `count`. */
export function fingerprintOf(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 16);
}

function isStorable(field: Field, value: unknown): boolean {
  const literal = typeof value === 'number' && Number.isFinite(value) ? ExactDecimal.ofNumber(value) : value;
  const bound = field.bound!(literal as string);
  return typeof bound !== 'string' && bound.isExact && bound.value === value;
}

function invalidCursor(): DomainError {
  const detail = 'This is not a cursor of this query.';
  return new DomainError('invalid-cursor', detail, {
    errors: [{ code: 'invalid-cursor', detail, parameter: 'cursor' }],
  });
}
