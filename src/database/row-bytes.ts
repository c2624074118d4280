import type { SqlValue } from './session.js';

const FIXED = 8;

/** The bytes of a row's values, texts in UTF-8. */
export function bytesOf(values: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of values)
    bytes += typeof value === 'string' || Buffer.isBuffer(value) ? Buffer.byteLength(value) : FIXED;
  return bytes;
}

/** Rows as they come, until they have so many bytes: the one that reaches them is the last. */
export class RowsTaken<R> {
  readonly rows: R[] = [];
  /** Whether rows were left out. */
  isCut = false;
  // No parameter property: SQLite's second thread may run this file as it is, and Node only leaves types out.
  private left: number;

  constructor(mostBytes = Infinity) {
    this.left = mostBytes;
  }

  /** Asked before each row. */
  hasRoom(): boolean {
    if (this.left > 0) return true;
    this.isCut = true;
    return false;
  }

  add(row: R, bytes: number): void {
    this.left -= bytes;
    this.rows.push(row);
  }
}
