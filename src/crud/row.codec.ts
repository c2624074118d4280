import type { EntityMetadata } from 'typeorm';
import { fromInstant, toInstant } from '../database/instant.js';
import type { Row, SqlValue } from '../database/session.js';

type Convert<From, To> = (value: From) => To;

/**
 * Rows as the drivers give them, and entities as the services know them. TypeORM's own hydration was measured at several
 * times the cost of the query; the columns' types are all it would look at.
 */
export class RowCodec<E extends object> {
  readonly columns: readonly string[];
  private readonly decoders: readonly (readonly [name: string, Convert<SqlValue, unknown>])[];
  private readonly encoders: ReadonlyMap<string, Convert<unknown, SqlValue>>;

  constructor(metadata: EntityMetadata) {
    const kinds = metadata.columns.map(
      (column) => [column.databaseName, metadata.dataSource.driver.normalizeType(column)] as const,
    );
    this.columns = kinds.map(([name]) => name);
    this.decoders = kinds.flatMap(([name, type]) => entry(name, DECODERS[type]));
    this.encoders = new Map(kinds.flatMap(([name, type]) => entry(name, ENCODERS[type])));
  }

  /** In place: the row is the driver's fresh object and nobody else's. */
  decode(row: Row): E {
    for (const [name, convert] of this.decoders) {
      const value = row[name];
      if (value !== undefined && value !== null) (row as Record<string, unknown>)[name] = convert(value);
    }
    return row as unknown as E;
  }

  /** Bound parameters for `columns`, in their order. */
  encode(entity: E, columns: readonly string[]): SqlValue[] {
    return columns.map((name) => {
      const value = (entity as Record<string, unknown>)[name] ?? null;
      const convert = this.encoders.get(name);
      return convert && value !== null ? convert(value) : (value as SqlValue);
    });
  }
}

function entry<T>(name: string, convert: T | undefined): [string, T][] {
  return convert === undefined ? [] : [[name, convert]];
}

const toBoolean = (value: SqlValue) => Number(value) !== 0;
const fromBoolean = (value: unknown) => (value ? 1 : 0);
const decodeTimestamp = (value: SqlValue) => toInstant(value as string);
const encodeTimestamp = (value: unknown) => fromInstant(value as string);

/** By TypeORM's normalised column types. A DECIMAL comes as text and would lose digits as a number: it stays text. */
const DECODERS: Record<string, Convert<SqlValue, unknown>> = {
  timestamp: decodeTimestamp,
  datetime: decodeTimestamp,
  boolean: toBoolean,
  tinyint: toBoolean,
};
const ENCODERS: Record<string, Convert<unknown, SqlValue>> = {
  timestamp: encodeTimestamp,
  datetime: encodeTimestamp,
  boolean: fromBoolean,
  tinyint: fromBoolean,
};
