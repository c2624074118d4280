// Messages between the first thread and the second (`SqliteThread`).
import type { Row, RowsPart, SqlValue, Statement, Write } from '../session.js';
import type { Table } from './sqlite.statements.js';

/** The settings with which the second thread is started. */
export interface Start {
  readonly path: string;
  readonly cacheKib: number;
  readonly isReader?: boolean;
}
export type Order =
  | { readonly kind: 'read'; readonly statements: readonly Statement[]; readonly limitMs?: number | undefined }
  | { readonly kind: 'commit'; readonly writes: readonly Write[] }
  | { readonly kind: 'close' };
/**
 * The answer to a read is the outcome of each statement, by `packOutcomes`; that to a commit what `Statements.commit` returns
 * or throws.
 */
export type Answer = Packed | boolean | Thrown;
/** An error of SQLite's, as it crosses threads. */
export interface Thrown {
  readonly message: string;
  readonly code: string | undefined;
}

/**
 * A list of values: as one text, or the list itself where it holds what has no place there. One text is copied at once, a
 * list value by value. To take 32 rows out of it again costs a third of what it costs to parse JSON: 9 µs against 32,
 * measured in the service, where a processor's caches are full of other things.
 */
export type Packed = string | readonly SqlValue[];

/** ASCII's unit separator. */
const BETWEEN = '\x1f';
/** Marks a value that is no text: a number, or nothing at all for NULL. */
const NO_TEXT = '\0';
/** Stands in place of the number of columns. */
const FAILED = -1;

/**
 * Packs for each statement the number of its columns and of its rows (below zero where others were left out), the names and
 * the values; or `FAILED`, the message and the code.
 */
export function packOutcomes(outcomes: readonly (Table | Thrown)[]): Packed {
  const values: SqlValue[] = [];
  for (const outcome of outcomes) {
    if ('rows' in outcome) {
      const { rows, isCut } = outcome;
      values.push(outcome.names.length, isCut ? -rows.length : rows.length, ...outcome.names);
      for (const row of rows) for (const value of row) values.push(value);
    } else values.push(FAILED, outcome.message, outcome.code ?? null);
  }
  return pack(values);
}

export function unpackOutcomes(packed: Packed): (RowsPart | Thrown)[] {
  const values = unpack(packed);
  const outcomes: (RowsPart | Thrown)[] = [];
  for (let at = 0; at < values.length;) {
    const columns = values[at++] as number;
    if (columns === FAILED) {
      outcomes.push({ message: values[at++] as string, code: (values[at++] as string | null) ?? undefined });
      continue;
    }
    const count = values[at++] as number;
    const names = values.slice(at, (at += columns)) as string[];
    const rows: Row[] = [];
    while (rows.length < Math.abs(count)) {
      const row: Row = {};
      for (const name of names) row[name] = values[at++]!;
      rows.push(row);
    }
    outcomes.push({ rows, isCut: count < 0 });
  }
  return outcomes;
}

function pack(values: readonly SqlValue[]): Packed {
  const parts: string[] = [];
  for (const value of values) {
    if (typeof value === 'string') {
      if (value.startsWith(NO_TEXT) || value.includes(BETWEEN)) return values;
      parts.push(value);
    } else if (typeof value === 'number') {
      parts.push(`${NO_TEXT}${Object.is(value, -0) ? '-0' : value}`);
    } else if (value === null) parts.push(NO_TEXT);
    else return values;
  }
  return parts.join(BETWEEN);
}

function unpack(packed: Packed): readonly SqlValue[] {
  if (typeof packed !== 'string') return packed.map(revived);
  const values: SqlValue[] = packed.split(BETWEEN);
  for (let n = 0; n < values.length; n++) {
    const part = values[n] as string;
    if (part.startsWith(NO_TEXT)) values[n] = part.length === 1 ? null : Number(part.slice(1));
  }
  return values;
}

/** Bytes lose their class on the way. */
function revived(value: SqlValue): SqlValue {
  if (typeof value !== 'object' || value === null) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
