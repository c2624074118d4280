import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 8192;
const RANDOM_BYTES = 10;
const pool = Buffer.allocUnsafe(POOL_BYTES);
let used = POOL_BYTES;
let lastMs = 0;
let sequence = 0;
/** What ids of one millisecond begin with. */
let beginning = '';
let beginningMs = -1;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A lower-case UUIDv7 (RFC 9562 section 5.7): the time in milliseconds, then a 12-bit counter that keeps the ids of one
 * process in the order they were made (section 6.2, method 1), then 62 random bits. Random bytes come from a pool of the
 * system's generator, one call for every 819 ids: making one costs some 0.2 µs.
 */
export function uuidv7(): string {
  if (used + RANDOM_BYTES > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    // Half of the counter's range is left to count in.
    sequence = pool.readUInt16BE(used) & 0x7ff;
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  if (lastMs !== beginningMs) {
    beginningMs = lastMs;
    const time = lastMs.toString(16).padStart(12, '0');
    beginning = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
  const at = used + 2;
  used += RANDOM_BYTES;
  const byte = (index: number) => HEX[pool[at + index]!]!;
  const counter = `${HEX[sequence >> 8]![1]}${HEX[sequence & 0xff]}`;
  const variant = HEX[(pool[at]! & 0x3f) | 0x80]!;
  return `${beginning}${counter}-${variant}${byte(1)}-${byte(2)}${byte(3)}${byte(4)}${byte(5)}${byte(6)}${byte(7)}`;
}
