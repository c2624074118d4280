import type { Database } from '../database/database.js';
import type { Row } from '../database/session.js';
import type { Condition } from './condition.js';
import { rangeOf } from './index-range.js';
import { amongFew, LargePages } from './large-pages.js';
import { MAX_LIMIT, type ListQuery, type Part } from './list-query.js';
import { countSql, pageSql, type ListOptions, type TableSql } from './list-sql.js';

/** The most rows that a count counts; beyond it the answer is "at least". */
const COUNT_LIMIT = 10_000;

/** A table as lists see it. */
export interface Listed<E> extends TableSql {
  decode(row: Row): E;
  /** The bytes that these columns of a row can have at most. */
  mostOf(columns: readonly string[]): number;
}

/**
 * Lists of one table. A page that is one range of an index is quick (`rangeOf`). For what another filter or rule, a count
 * or another order asks for the database may have to look at every row: that is costly work, which has a share of its own.
 */
export class ListReads<E> {
  private readonly large: LargePages<E>;

  /** @param mostBytes of the rows of one page */
  constructor(
    private readonly database: Database,
    private readonly of: Listed<E>,
    private readonly mostBytes: number,
  ) {
    this.large = new LargePages(database, of, mostBytes);
  }

  /**
   * Up to `limit` rows; fewer where they have more bytes than a page may have.
   * @param caller the id of who asks
   * @param rule which rows there are at all for the caller
   */
  page(query: ListQuery, caller: string, rule?: Condition): Promise<Part<E>> {
    return this.gather(query, caller, rule, (read) => read(query));
  }

  /**
   * A page that is made of several parts, all in one turn: what is gathered lies in memory until the last one is there, and
   * those who wait for a turn must not have anything in it.
   */
  gather<T>(
    query: ListQuery,
    caller: string,
    rule: Condition | undefined,
    work: (read: (part: ListQuery) => Promise<Part<E>>) => Promise<T>,
  ): Promise<T> {
    const isIndexed = (column: string) => this.of.isIndexed(column);
    const range = rangeOf(query.sort, [rule, query.filter], isIndexed);
    const isCostly = query.limit > MAX_LIMIT || range === undefined;
    const isLarge = this.of.mostOf(query.columns) * query.limit > this.mostBytes;
    const options = { rule, isCostly, range };
    const reads = () => work((part) => (isLarge ? this.large.read(part, options) : this.read(part, options)));
    if (isCostly) return this.database.inCostlyTurn({ caller, hasBegun: query.hasBegun }, reads);
    return isLarge ? amongFew(this.database, reads) : reads();
  }

  private async read(query: ListQuery, options: ListOptions): Promise<Part<E>> {
    const statement = pageSql(this.of, query, options);
    const { database } = this;
    const rows = await (options.isCostly ? database.queryCostly(statement) : database.queryQuick(statement));
    // The one too many tells that there are others.
    const hasMore = rows.length > query.limit;
    if (hasMore) rows.pop();
    return { rows: rows.map((row) => this.of.decode(row)), hasMore };
  }

  async count(
    query: ListQuery,
    caller: string,
    rule?: Condition,
  ): Promise<{ total: number } | { total_at_least: number }> {
    const statement = countSql(this.of, query, COUNT_LIMIT, { rule, isCostly: true });
    const { database } = this;
    const [row] = await database.inCostlyTurn({ caller }, () => database.queryCostly<{ total: number }>(statement));
    const total = row?.total ?? 0;
    return total > COUNT_LIMIT ? { total_at_least: COUNT_LIMIT } : { total };
  }
}
