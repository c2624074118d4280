import { isDeepStrictEqual } from 'node:util';
import type { EntityMetadata } from 'typeorm';
import { RowsInsert } from './rows-insert.js';
import { RowsUpdate } from './rows-update.js';
import { padded } from '../database/padded.js';
import type { Row, Statement, Write } from '../database/session.js';
import type { UniqueViolation } from '../database/sql-errors.js';
import { ColumnLimits } from './column.limits.js';
import type { CrudEntity } from './crud.entity.js';
import type { Listed } from '../query/list-reads.js';
import { RowCodec } from './row.codec.js';
import { mostBytes } from './row-size.js';

/** A row as it is, and as it shall be. */
export interface Change<E> {
  readonly before: E;
  readonly after: E;
}

/** The statements of one table, built once from TypeORM's model of it. Backticks quote names on every engine. */
export class EntitySql<E extends CrudEntity> implements Listed<E> {
  readonly table: string;
  readonly isSqlite: boolean;
  readonly codec: RowCodec<E>;
  readonly limits: ColumnLimits;
  private readonly most: ReadonlyMap<string, number>;
  private readonly indexed: ReadonlySet<string>;
  readonly find: string;
  readonly lock: string;
  private readonly update: string;
  private readonly insert: RowsInsert;
  private readonly some: string;
  private readonly skipLocked: string;
  private readonly shapes: Record<number, string> = {};
  private readonly settable: readonly string[];
  private readonly own: readonly (keyof E & string)[];
  /** Undefined where a statement for each row is faster. */
  private readonly together: RowsUpdate | undefined;
  /** The columns that have changed so far: with all of them in each statement there are few kinds of statements. */
  private readonly changed = new Set<string>();

  constructor(private readonly metadata: EntityMetadata) {
    this.table = metadata.tableName;
    this.codec = new RowCodec<E>(metadata);
    this.isSqlite = this.codec.isSqlite;
    this.limits = new ColumnLimits(this.codec.fields.values());
    const { columns } = this.codec;
    this.most = new Map(columns.map((name) => [name, mostBytes(this.codec.fields.get(name))]));
    this.indexed = indexedColumns(metadata);
    this.settable = columns.filter((name) => name !== 'id');
    this.own = this.settable.filter((name) => name !== 'version' && name !== 'updated_at') as (keyof E & string)[];
    const table = quote(this.table);
    const select = `SELECT ${columns.map((name) => this.select(name)).join(', ')} FROM ${table} WHERE \`id\``;
    this.find = `${select} = ?`;
    this.some = `${select} IN `;
    // SQLite has no row locks and needs none: writers come one after the other.
    const lockable = !this.isSqlite;
    this.lock = lockable ? `${this.find} FOR UPDATE` : this.find;
    this.skipLocked = lockable ? ' FOR UPDATE SKIP LOCKED' : '';
    this.together = lockable ? new RowsUpdate(this.table, 'updated_at') : undefined;
    this.insert = new RowsInsert(this.table, columns);
    const set = this.settable.map((name) => `${quote(name)} = ?`).join(', ');
    this.update = `UPDATE ${table} SET ${set} WHERE \`id\` = ? AND \`version\` = ?`;
  }

  select(column: string): string {
    return this.codec.select(column);
  }

  isIndexed(column: string): boolean {
    return this.indexed.has(column);
  }

  decode(row: Row): E {
    return this.codec.decode(row);
  }

  /** The bytes that a row can have at most, or these columns of it. */
  mostOf(columns: readonly string[] = this.codec.columns): number {
    let bytes = 0;
    for (const name of columns) bytes += this.most.get(name)!;
    return bytes;
  }

  /** Rows by their ids. Padded to a power of two with the last one, so that few statements are prepared. */
  findSome(ids: readonly string[]): Statement {
    if (ids.length === 1) return { sql: this.find, params: ids };
    const params = padded(ids);
    return { sql: this.someOf(params.length), params };
  }

  /** As `findSome`, locked until the transaction ends; without those that others have locked. */
  lockSome(ids: readonly string[]): Statement {
    const { sql, params } = this.findSome(ids);
    return { sql: `${sql}${this.skipLocked}`, params };
  }

  /** Locks rows in the order of their ids, whoever asks; undefined where there are no locks of rows. */
  lockInOrder(ids: readonly string[]): Statement | undefined {
    if (this.skipLocked === '') return undefined;
    const params = padded([...new Set(ids)].sort());
    const places = `?${', ?'.repeat(params.length - 1)}`;
    // Nothing but the ids is read: all of the rows at once may be more than there is memory for.
    const sql = `SELECT \`id\` FROM ${quote(this.table)} WHERE \`id\` IN (${places}) ORDER BY \`id\` FOR UPDATE`;
    return { sql, params };
  }

  inserts(rows: readonly E[]): Statement[] {
    return this.insert.of(rows.map((row) => this.codec.encode(row, this.codec.columns)));
  }

  /** Roughly the bytes of a row. */
  weigh(row: E): number {
    let weight = 0;
    for (const name of this.own) {
      const value = row[name];
      weight += typeof value === 'string' ? value.length : typeof value === 'object' ? JSON.stringify(value).length : 8;
    }
    return weight;
  }

  /** Writes a row that still is the version it was. */
  updateOf({ before, after }: Change<E>): Write {
    const params = [...this.codec.encode(after, this.settable), before.id, before.version];
    return { sql: this.update, params, mustMatch: 1 };
  }

  /** As `updateOf`, of different rows that have one `updated_at`. */
  updatesOf(changes: readonly Change<E>[]): Write[] {
    const { together, codec } = this;
    for (const name of this.own)
      if (changes.some(({ before, after }) => !isSameValue(before[name], after[name]))) this.changed.add(name);
    if (!together || !RowsUpdate.isFor(this.changed.size, changes.length))
      return changes.map((change) => this.updateOf(change));
    const columns = [...this.changed];
    const rows = changes.map(({ before: { id, version }, after }) => ({
      id,
      version,
      values: codec.encode(after, columns),
    }));
    const [updatedAt] = codec.encode(changes[0]!.after, ['updated_at']);
    return [together.of(columns, rows, updatedAt!)];
  }

  private someOf(size: number): string {
    return (this.shapes[size] ??= `${this.some}(${'?, '.repeat(size - 1)}?)`);
  }

  /** Whether the rows agree in all that a client can change. */
  isSame(a: E, b: E): boolean {
    return this.own.every((name) => isSameValue(a[name], b[name]));
  }

  /** The row that has the same values in these columns. */
  findLike(row: E, columns: readonly string[]): Statement {
    const all = this.codec.columns.map((name) => this.select(name)).join(', ');
    const same = columns.map((name) => `${quote(name)} = ?`).join(' AND ');
    return { sql: `SELECT ${all} FROM ${quote(this.table)} WHERE ${same}`, params: this.codec.encode(row, columns) };
  }

  /** The columns that a unique constraint is about: those of the primary key, or of a `@Unique` or unique `@Index`. */
  columnsOfUnique({ constraint, columns }: UniqueViolation): readonly string[] {
    if (columns.length > 0) return columns;
    if (constraint === 'PRIMARY') return ['id'];
    const { uniques, indices } = this.metadata;
    const found = uniques.find(({ name }) => name === constraint) ?? indices.find(({ name }) => name === constraint);
    return found?.columns.map((column) => column.databaseName) ?? [];
  }
}

/** Columns by which rows are found in the order of their ids: those with the id after them in an index, and unique ones. */
function indexedColumns({ indices, uniques }: EntityMetadata): Set<string> {
  const indexed = new Set(['id']);
  const add = (columns: EntityMetadata['columns'], isUnique: boolean) => {
    const [first, second] = columns;
    if (columns.length === 1 ? isUnique : columns.length === 2 && second!.databaseName === 'id')
      indexed.add(first!.databaseName);
  };
  for (const { columns } of uniques) add(columns, true);
  // One of some rows alone is of no use for the others.
  for (const { columns, isUnique, where } of indices) if (where === undefined) add(columns, isUnique);
  return indexed;
}

/** Documents are the same whatever the order of their members. */
function isSameValue(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && isDeepStrictEqual(a, b));
}

function quote(name: string): string {
  return `\`${name}\``;
}
