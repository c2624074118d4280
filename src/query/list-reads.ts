import type { Database } from '../database/database.js';
import type { Row } from '../database/session.js';
import type { Condition } from './condition.js';
import { MAX_LIMIT, type ListQuery } from './list-query.js';
import { countSql, pageSql, type TableSql } from './list-sql.js';
import { isOfOneIndex } from './sort.js';

/** The most rows that a count counts; beyond it the answer is "at least". */
const COUNT_LIMIT = 10_000;

/**
 * Lists of one table. A page in the order of an index, and from a place in it, is quick. For what a filter, a rule, a count
 * or another order asks for the database may have to look at every row: that is costly work, which has a share of its own.
 */
export class ListReads {
  constructor(
    private readonly database: Database,
    private readonly of: TableSql,
  ) {}

  /**
   * Up to `limit + 1` rows: the one too many tells that there is a next page.
   * @param caller the id of who asks
   * @param rule which rows there are at all for the caller
   */
  page(query: ListQuery, caller: string, rule?: Condition): Promise<Row[]> {
    const isCostly =
      query.filter !== undefined || rule !== undefined || query.limit > MAX_LIMIT || !isOfOneIndex(query.sort);
    const statement = pageSql(this.of, query, { rule, isCostly });
    if (!isCostly) return this.database.queryQuick(statement);
    return this.database.queryCostly(statement, { caller, hasBegun: query.hasBegun });
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
