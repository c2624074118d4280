import type { Asker } from '../database/costly-work.js';
import type { Database } from '../database/database.js';
import type { Row } from '../database/session.js';
import type { Condition } from './condition.js';
import { LargePages } from './large-pages.js';
import { MAX_LIMIT, type ListQuery, type Part } from './list-query.js';
import { countSql, pageSql, type TableSql } from './list-sql.js';
import { isOfOneIndex } from './sort.js';

/** The most rows that a count counts; beyond it the answer is "at least". */
const COUNT_LIMIT = 10_000;

/** A table as lists see it. */
export interface Listed<E> extends TableSql {
  decode(row: Row): E;
  /** The bytes that these columns of a row can have at most. */
  mostOf(columns: readonly string[]): number;
}

/**
 * Lists of one table. A page in the order of an index, and from a place in it, is quick. For what a filter, a rule, a count
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
  async page(query: ListQuery, caller: string, rule?: Condition): Promise<Part<E>> {
    const isCostly =
      query.filter !== undefined || rule !== undefined || query.limit > MAX_LIMIT || !isOfOneIndex(query.sort);
    const asker: Asker | undefined = isCostly ? { caller, hasBegun: query.hasBegun } : undefined;
    if (this.of.mostOf(query.columns) * query.limit > this.mostBytes) return this.large.read(query, rule, asker);
    const statement = pageSql(this.of, query, { rule, isCostly });
    const rows = await (asker ? this.database.queryCostly(statement, asker) : this.database.queryQuick(statement));
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
    const [row] = await this.database.queryCostly<{ total: number }>(statement, { caller });
    const total = row?.total ?? 0;
    return total > COUNT_LIMIT ? { total_at_least: COUNT_LIMIT } : { total };
  }
}
