import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The beginning of every key, by which people and secret scanners recognise one. */
export const KEY_PREFIX = 'plinth_';
const ID_CHARACTERS = 22;
const SECRET_BYTES = 32;
const CHECKSUM_CHARACTERS = 6;
const PATTERN = /^plinth_[A-Za-z0-9_-]{71}$/;

/**
 * A new key: prefix, the row's id, 256 random bits, CRC-32 of all that; binary parts in base64url.
 * @param id a UUID
 */
export function makeKey(id: string): string {
  const text = `${KEY_PREFIX}${idBytes(id).toString('base64url')}${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return `${text}${checksum(text)}`;
}

/** The id in a key; null for what can't be one. A mistyped or cut key fails here, and costs no query. */
export function idOfKey(key: string): string | null {
  if (!PATTERN.test(key)) return null;
  const text = key.slice(0, -CHECKSUM_CHARACTERS);
  if (checksum(text) !== key.slice(-CHECKSUM_CHARACTERS)) return null;
  const start = KEY_PREFIX.length;
  const hex = Buffer.from(key.slice(start, start + ID_CHARACTERS), 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** SHA-256, base64url: of 256 random bits it can't be reversed, and a slow hash would only be slow. */
export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

/** Compares digests in a time that does not depend on where they differ. */
export function isSameDigest(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString('base64url');
}
