import type { Database } from '../database/database.js';
import { bytesOf } from '../database/row-bytes.js';
import type { Row } from '../database/session.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import type { Condition } from './condition.js';
import { followingPage, type ListQuery, type Part } from './list-query.js';
import { pageSql, type TableSql } from './list-sql.js';

/**
 * Reads pages of rows that may be large: no more than a number of bytes comes into memory, and one row at least.
 *
 * SQLite stops at the row that reaches them. MySQL and MariaDB send all that was asked for, so they are asked for as many rows
 * as are expected to fit, by the last page, and again while there is room.
 */
export class PageReader<E> {
  /** Of a row of the last page that had no room for all of its rows. */
  private rowBytes = 0;

  constructor(
    private readonly database: Database,
    private readonly table: TableSql,
    private readonly mostBytes: number,
    private readonly decode: (row: Row) => E,
  ) {}

  async read(query: ListQuery, rule?: Condition): Promise<Part<E>> {
    const rows: E[] = [];
    let left = this.mostBytes;
    for (let part = query; ;) {
      const limit = this.fitting(query.limit - rows.length, left);
      const { sql, params } = pageSql(this.table, { ...part, limit }, rule);
      const found = await this.database.queryPart({ sql, params, mostBytes: left });
      const hasMore = found.isCut || found.rows.length > limit;
      if (found.rows.length > limit) found.rows.pop();
      for (const row of found.rows) {
        if (!this.table.isSqlite) left -= bytesOf(Object.values(row));
        rows.push(this.decode(row));
      }
      this.learn(found.isCut, rows.length, left);
      if (!hasMore || found.isCut || rows.length >= query.limit || left <= 0) return { rows, hasMore };
      part = followingPage(query, rows.at(-1) as unknown as CrudEntity);
    }
  }

  /** A power of two, so that there are few kinds of statements. */
  private fitting(limit: number, left: number): number {
    if (this.table.isSqlite || this.rowBytes * limit <= 2 * left) return limit;
    return Math.min(limit, 2 ** Math.ceil(Math.log2(Math.max(1, left / this.rowBytes))));
  }

  private learn(isCut: boolean, rows: number, left: number): void {
    if (isCut || left <= 0) this.rowBytes = this.mostBytes / rows;
    // Rows are smaller here; that others are not may be seen anew.
    else this.rowBytes /= 2;
  }
}
