import type { EntityMetadata } from 'typeorm';
import type { Row, SqlValue } from '../database/session.js';
import type { Field } from '../fields/field.js';
import type { ColumnCodec } from '../fields/types/field-type.js';
import { columnFields } from './column-fields.js';

type Entry<T> = readonly [name: string, convert: T];

/**
 * Rows as the drivers give them, and resources as the services know them. TypeORM's own hydration was measured at several
 * times the cost of the query; the types of the fields are all it would look at.
 */
export class RowCodec<E extends object> {
  readonly columns: readonly string[];
  readonly isSqlite: boolean;
  readonly fields: ReadonlyMap<string, Field>;
  private readonly codecs: ReadonlyMap<string, ColumnCodec>;
  private readonly decoders: readonly Entry<NonNullable<ColumnCodec['decode']>>[];

  /** @param metadata TypeORM's model of the table */
  constructor(metadata: EntityMetadata) {
    this.isSqlite = metadata.dataSource.options.type === 'better-sqlite3';
    this.fields = columnFields(metadata);
    const codecs = metadata.columns.map(
      ({ databaseName: name }) => [name, this.fields.get(name)?.codec(this.isSqlite) ?? {}] as const,
    );
    this.columns = codecs.map(([name]) => name);
    this.codecs = new Map(codecs);
    this.decoders = codecs.flatMap(([name, { decode }]) => (decode ? [[name, decode] as const] : []));
  }

  /** Reads a column. */
  select(column: string): string {
    const quoted = `\`${column}\``;
    return this.codecs.get(column)?.select?.(quoted) ?? quoted;
  }

  /** Decodes in place: the row is the driver's fresh object and nobody else's. */
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
      const encode = this.codecs.get(name)?.encode;
      return encode && value !== null ? encode(value as never) : (value as SqlValue);
    });
  }
}
