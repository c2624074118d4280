import type { Row, SqlValue } from '../session.js';
import { BINARY_CHARSET, INTEGERS, JSON_TYPE, NULL_TEXT, TEXTS, TYPE, UNSIGNED } from './mysql.types.js';
import { instantText, timeText } from './mysql.times.js';

/** The part of mysql2's packets that this uses: some of the bytes that came. */
export interface Packet {
  readonly buffer: Buffer;
  /** The offset of the packet's header, four bytes before its payload. */
  readonly start: number;
  readonly end: number;
  asError(encoding: string): Error;
}

export const HEADER = 4;

/**
 * Rows of one statement in the binary protocol of those that are prepared, or in the text protocol
 * (https://mariadb.com/kb/en/resultset-row/): dates as text, 64-bit integers as numbers where they are exact and as text where not, as the rest of the service knows
 * them. mysql2's own reader takes twice the time of a page.
 */
export class RowReader {
  private readonly names: string[] = [];
  private readonly types: number[] = [];
  private readonly unsigned: boolean[] = [];
  private readonly binary: boolean[] = [];
  private readonly decimals: number[] = [];
  private readonly definitions: Buffer[] = [];

  /** Whether the answer's columns are still those that were learnt: a migration may have come between. */
  isSame(column: number, { buffer, start, end }: Packet): boolean {
    const known = this.definitions[column];
    return known?.compare(buffer, start + HEADER, end) === 0;
  }

  /** Reads the definition of the next column. */
  learn({ buffer, start, end }: Packet): void {
    this.define(Buffer.from(buffer.subarray(start + HEADER, end)));
  }

  /** A reader that knows the first columns of this one. */
  upTo(column: number): RowReader {
    const reader = new RowReader();
    for (const definition of this.definitions.slice(0, column)) reader.define(definition);
    return reader;
  }

  get columns(): number {
    return this.names.length;
  }

  private define(definition: Buffer): void {
    this.definitions.push(definition);
    // catalog, schema, table, original table; then the name
    let [start, end] = textAt(definition, 0);
    for (let n = 0; n < 4; n++) [start, end] = textAt(definition, end);
    this.names.push(definition.toString('utf8', start, end));
    // charset 2, length 4, type 1, flags 2, decimals 1, filler 2: at the end, whatever an extension puts before
    const { length } = definition;
    const type = definition[length - 6]!;
    this.types.push(type);
    this.unsigned.push((definition.readUInt16LE(length - 5) & UNSIGNED) !== 0);
    this.binary.push(definition.readUInt16LE(length - 12) === BINARY_CHARSET && type !== JSON_TYPE);
    this.decimals.push(definition[length - 3]!);
  }

  read({ buffer, start }: Packet): Row {
    const { names, types } = this;
    const nulls = start + HEADER + 1;
    let at = nulls + ((names.length + 9) >> 3);
    const row: Row = {};
    for (let n = 0; n < names.length; n++) {
      if (buffer[nulls + ((n + 2) >> 3)]! & (1 << ((n + 2) & 7))) {
        row[names[n]!] = null;
        continue;
      }
      let value: SqlValue;
      switch (types[n]) {
        case TYPE.tiny:
          value = this.unsigned[n] ? buffer[at]! : buffer.readInt8(at);
          at += 1;
          break;
        case TYPE.short:
        case TYPE.year:
          value = this.unsigned[n] ? buffer.readUInt16LE(at) : buffer.readInt16LE(at);
          at += 2;
          break;
        case TYPE.long:
        case TYPE.int24:
          value = this.unsigned[n] ? buffer.readUInt32LE(at) : buffer.readInt32LE(at);
          at += 4;
          break;
        case TYPE.longlong:
          value = this.unsigned[n] ? exact(buffer.readBigUInt64LE(at)) : signed(buffer, at);
          at += 8;
          break;
        case TYPE.float:
          value = buffer.readFloatLE(at);
          at += 4;
          break;
        case TYPE.double:
          value = buffer.readDoubleLE(at);
          at += 8;
          break;
        case TYPE.date:
        case TYPE.datetime:
        case TYPE.timestamp:
          value = instantText(buffer, at, types[n] === TYPE.date, this.decimals[n]!);
          at += 1 + buffer[at]!;
          break;
        case TYPE.time:
          value = timeText(buffer, at);
          at += 1 + buffer[at]!;
          break;
        default: {
          // Not by `textAt`: a pair for each text of each row is one to clean up.
          let length = buffer[at++]!;
          if (length >= 0xfb) {
            const bytes = bytesOfLength(length);
            length = buffer.readUIntLE(at, Math.min(bytes, 6));
            at += bytes;
          }
          value = this.bytes(n, buffer, at, at + length);
          at += length;
        }
      }
      row[names[n]!] = value;
    }
    return row;
  }

  /** A row of a statement that was sent as text: each value is one. */
  readText({ buffer, start }: Packet): Row {
    let at = start + HEADER;
    const row: Row = {};
    for (let n = 0; n < this.names.length; n++) {
      let value: SqlValue = null;
      if (buffer[at] === NULL_TEXT) at++;
      else {
        const [first, end] = textAt(buffer, at);
        const type = this.types[n]!;
        if (INTEGERS.has(type)) value = exact(BigInt(buffer.toString('latin1', first, end)));
        else if (type === TYPE.float || type === TYPE.double) value = Number(buffer.toString('latin1', first, end));
        else value = this.bytes(n, buffer, first, end);
        at = end;
      }
      row[this.names[n]!] = value;
    }
    return row;
  }

  private bytes(n: number, buffer: Buffer, start: number, end: number): SqlValue {
    const isText = !this.binary[n] || TEXTS.has(this.types[n]!);
    return isText ? buffer.toString('utf8', start, end) : Buffer.from(buffer.subarray(start, end));
  }
}

/** The beginning and end of a text whose length stands before it. */
function textAt(buffer: Buffer, at: number): [start: number, end: number] {
  const first = buffer[at]!;
  if (first < 0xfb) return [at + 1, at + 1 + first];
  const bytes = bytesOfLength(first);
  const start = at + 1 + bytes;
  return [start, start + buffer.readUIntLE(at + 1, Math.min(bytes, 6))];
}

function bytesOfLength(first: number): number {
  return first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
}

function exact(value: bigint): SqlValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function signed(buffer: Buffer, at: number): SqlValue {
  const number = buffer.readUInt32LE(at) + buffer.readInt32LE(at + 4) * 0x1_0000_0000;
  return Number.isSafeInteger(number) ? number : exact(buffer.readBigInt64LE(at));
}
