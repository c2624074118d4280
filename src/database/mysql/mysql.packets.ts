import { notAValue } from '../parameters.js';
import type { SqlValue } from '../session.js';

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html */
const COM_QUERY = 0x03;
const COM_STMT_EXECUTE = 0x17;
const [TINY, DOUBLE, NULL, LONGLONG, BLOB, VAR_STRING] = [0x01, 0x05, 0x06, 0x08, 0xfc, 0xfd];

const HEADER = 4;
/** A longer payload has to be cut into several packets: left to mysql2. */
export const LONGEST_PAYLOAD = 0xfffffe;

/** A statement without parameters, in text. */
export function queryPacket(sql: string): Buffer {
  const length = 1 + Buffer.byteLength(sql);
  const packet = Buffer.allocUnsafe(HEADER + length);
  packet.writeUInt32LE(length, 0);
  packet[HEADER] = COM_QUERY;
  packet.write(sql, HEADER + 1);
  return packet;
}

/** The bytes that `writeExecution` needs for these parameters, at most. @throws TypeError for what is no `SqlValue` */
export function executionSize(params: readonly SqlValue[]): number {
  let size = HEADER + 10 + ((params.length + 7) >> 3) + 1 + 2 * params.length;
  for (const value of params) {
    // A UTF-16 unit becomes three bytes of UTF-8 at most.
    if (typeof value === 'string') size += 4 + 3 * value.length;
    else if (typeof value === 'boolean' || Number.isFinite(value)) size += 8;
    else if (typeof value === 'bigint') size += isLong(value) ? 8 : 4 + String(value).length;
    else if (Buffer.isBuffer(value)) size += 4 + value.length;
    else if (value !== null) throw notAValue(value);
  }
  return size;
}

/**
 * Writes the execution of a prepared statement into `packet`, beginning at `start`.
 * @returns where it ends
 */
export function writeExecution(packet: Buffer, start: number, statement: number, params: readonly SqlValue[]): number {
  let at = start + HEADER;
  packet[at++] = COM_STMT_EXECUTE;
  at = packet.writeUInt32LE(statement, at);
  packet[at++] = 0; // no cursor
  at = packet.writeUInt32LE(1, at); // once
  if (params.length > 0) {
    const nulls = at;
    const types = nulls + ((params.length + 7) >> 3) + 1;
    packet.fill(0, nulls, types - 1);
    packet[types - 1] = 1; // types follow
    at = types + 2 * params.length;
    for (let n = 0; n < params.length; n++) {
      const value = params[n]!;
      packet[types + 2 * n + 1] = 0;
      packet[types + 2 * n] = typeOf(value);
      if (value === null) packet[nulls + (n >> 3)]! |= 1 << (n & 7);
      else at = writeValue(packet, at, value);
    }
  }
  packet.writeUInt32LE(at - start - HEADER, start); // the fourth byte is the packet's number: 0
  return at;
}

function typeOf(value: SqlValue): number {
  switch (typeof value) {
    case 'string':
      return VAR_STRING;
    case 'number':
      return Number.isSafeInteger(value) ? LONGLONG : DOUBLE;
    case 'bigint':
      return isLong(value) ? LONGLONG : VAR_STRING;
    case 'boolean':
      return TINY;
    default:
      return value === null ? NULL : BLOB;
  }
}

function writeValue(packet: Buffer, at: number, value: NonNullable<SqlValue>): number {
  switch (typeof value) {
    case 'string':
      return writeText(packet, at, value);
    case 'number':
      if (!Number.isSafeInteger(value)) return packet.writeDoubleLE(value, at);
      packet.writeInt32LE(value | 0, at);
      return packet.writeInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
    case 'bigint':
      return isLong(value) ? packet.writeBigInt64LE(value, at) : writeText(packet, at, String(value));
    case 'boolean':
      packet[at] = value ? 1 : 0;
      return at + 1;
    default:
      at = writeLength(packet, at, value.length);
      return at + value.copy(packet, at);
  }
}

/** Whether a signed integer of 64 bits holds it; one that is longer, as BIGINT UNSIGNED may be, goes as text. */
function isLong(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

const SHORT = 64;

function writeText(packet: Buffer, at: number, text: string): number {
  if (text.length <= SHORT) {
    const end = writeAscii(packet, at + 1, text);
    if (end > 0) {
      packet[at] = text.length;
      return end;
    }
  }
  at = writeLength(packet, at, Buffer.byteLength(text));
  return at + packet.write(text, at);
}

/** Ids and times, most of all: a loop is several times faster for them than a call out of JavaScript. @returns 0: not ASCII */
function writeAscii(packet: Buffer, at: number, text: string): number {
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n);
    if (code > 0x7f) return 0;
    packet[at++] = code;
  }
  return at;
}

function writeLength(packet: Buffer, at: number, length: number): number {
  if (length < 251) {
    packet[at] = length;
    return at + 1;
  }
  if (length < 0x1_0000) {
    packet[at] = 0xfc;
    return packet.writeUInt16LE(length, at + 1);
  }
  packet[at] = 0xfd;
  return packet.writeUIntLE(length, at + 1, 3);
}
