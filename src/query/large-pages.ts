import type { Database } from '../database/database.js';
import { bytesOf } from '../database/row-bytes.js';
import { Turnstile } from '../database/turnstile.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import { followingPage, type ListQuery, type Part } from './list-query.js';
import type { Listed } from './list-reads.js';
import { pageSql, type ListOptions } from './list-sql.js';

/** Readers of large rows at once, and those who wait for that: the memory of each adds up. */
const PLACES = { places: 4, waiting: 1_000, waitMs: 5_000 };
const places = new WeakMap<Database, Turnstile>();

/**
 * Reads pages of rows that may be large: no more than a number of bytes comes into memory, and one row at least.
 *
 * SQLite stops at the row that reaches them. MySQL and MariaDB send all that was asked for, so they are asked for as many rows
 * as are expected to fit, by the last page, and again while there is room.
 */
export class LargePages<E> {
  /** Bytes of a row of the last page that had no room for all of its rows. */
  private rowBytes = 0;

  constructor(
    private readonly database: Database,
    private readonly of: Listed<E>,
    private readonly mostBytes: number,
  ) {}

  /** Reads a page, where few do: in a costly turn, or `amongFew`. */
  async read(query: ListQuery, options: ListOptions): Promise<Part<E>> {
    const rows: E[] = [];
    let left = this.mostBytes;
    for (let part = query; ;) {
      const limit = this.fitting(query.limit - rows.length, left);
      const statement = pageSql(this.of, { ...part, limit }, options);
      const found = await this.database.queryPart({ ...statement, mostBytes: left }, options.isCostly);
      const hasMore = found.isCut || found.rows.length > limit;
      if (found.rows.length > limit) found.rows.pop();
      for (const row of found.rows) {
        if (!this.of.isSqlite) left -= bytesOf(Object.values(row));
        rows.push(this.of.decode(row));
      }
      this.learn(found.isCut, rows.length, left);
      if (!hasMore || found.isCut || rows.length >= query.limit || left <= 0) return { rows, hasMore };
      part = followingPage(query, rows.at(-1) as unknown as CrudEntity);
    }
  }

  /** A power of two, so that there are few kinds of statements. */
  private fitting(limit: number, left: number): number {
    if (this.of.isSqlite || this.rowBytes * limit <= 2 * left) return limit;
    return Math.min(limit, 2 ** Math.ceil(Math.log2(Math.max(1, left / this.rowBytes))));
  }

  private learn(isCut: boolean, rows: number, left: number): void {
    if (isCut || left <= 0) this.rowBytes = this.mostBytes / rows;
    // Rows are smaller here; that others are not may be seen anew.
    else this.rowBytes /= 2;
  }
}

/** Reads what may be large, with few others at the same time. @throws DomainError `database-busy` */
export async function amongFew<T>(database: Database, read: () => Promise<T>): Promise<T> {
  // A transaction may hold what the others wait for.
  if (database.currentTransaction()) return read();
  let turnstile = places.get(database);
  if (!turnstile) places.set(database, (turnstile = new Turnstile(PLACES)));
  await turnstile.enter();
  try {
    return await read();
  } finally {
    turnstile.leave();
  }
}
