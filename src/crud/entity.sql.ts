import type { EntityMetadata } from 'typeorm';
import type { SqlValue } from '../database/session.js';
import type { UniqueViolation } from '../database/sql-errors.js';
import type { CrudEntity } from './crud.entity.js';
import { RowCodec } from './row.codec.js';

/** The statements of one table, built once from TypeORM's model of it. Backticks quote names on every engine. */
export class EntitySql<E extends CrudEntity> {
  readonly codec: RowCodec<E>;
  readonly find: string;
  readonly lock: string;
  readonly insert: string;
  readonly update: string;
  private readonly settable: readonly string[];
  private readonly own: readonly (keyof E)[];

  constructor(private readonly metadata: EntityMetadata) {
    this.codec = new RowCodec<E>(metadata);
    const { columns } = this.codec;
    const table = quote(metadata.tableName);
    this.settable = columns.filter((name) => name !== 'id');
    this.own = this.settable.filter((name) => name !== 'version' && name !== 'updated_at') as (keyof E & string)[];
    this.find = `SELECT ${columns.map(quote).join(', ')} FROM ${table} WHERE \`id\` = ?`;
    // SQLite has no row locks and needs none: writers come one after the other.
    const lockable = metadata.dataSource.options.type !== 'better-sqlite3';
    this.lock = lockable ? `${this.find} FOR UPDATE` : this.find;
    this.insert = `INSERT INTO ${table} (${columns.map(quote).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    const set = this.settable.map((name) => `${quote(name)} = ?`).join(', ');
    this.update = `UPDATE ${table} SET ${set} WHERE \`id\` = ? AND \`version\` = ?`;
  }

  insertParams(row: E): SqlValue[] {
    return this.codec.encode(row, this.codec.columns);
  }

  updateParams(row: E, before: E): SqlValue[] {
    return [...this.codec.encode(row, this.settable), before.id, before.version];
  }

  /** Whether the rows agree in all that a client can change. */
  isSame(a: E, b: E): boolean {
    return this.own.every((name) => a[name] === b[name]);
  }

  /** The members that a unique constraint is about: those of the primary key, or of a `@Unique` or unique `@Index`. */
  membersOfUnique({ constraint, columns }: UniqueViolation): readonly string[] {
    if (columns.length > 0) return columns;
    if (constraint === 'PRIMARY') return ['id'];
    const { uniques, indices } = this.metadata;
    const found = uniques.find(({ name }) => name === constraint) ?? indices.find(({ name }) => name === constraint);
    return found?.columns.map((column) => column.databaseName) ?? [];
  }
}

function quote(name: string): string {
  return `\`${name}\``;
}
