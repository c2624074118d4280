import type { Engine, SqlValue, Statement } from '../database/session.js';
import { IN_TIME } from '../database/sqlite/sqlite.time-limit.js';
import type { Condition } from './condition.js';
import { conditionSql, type SqlFragment } from './condition.sql.js';
import { after } from './keyset.js';
import type { ListQuery } from './list-query.js';
import { orderBy } from './sort.js';

/** Properties of a table that a statement about it needs. */
export interface TableSql {
  readonly table: string;
  readonly isSqlite: boolean;
  /** Reads a column. */
  select(column: string): string;
  /** Whether a column has an index of its own, with the id after it; or is unique. */
  isIndexed(column: string): boolean;
}

/** A table of the kernel's own, whose columns need nothing special to be read; filters find no index. */
export function plainTable(table: string, engine: Engine): TableSql {
  const select = (column: string) => `\`${column}\``;
  return { table, isSqlite: engine === 'sqlite', select, isIndexed: () => false };
}

/**
 * Selects live rows. Not by `IS NULL` alone: SQLite would look all of them up in the index of `deleted_at`, and then sort
 * them.
 */
const LIVE = '(`deleted_at` IS NULL) = 1';

export interface ListOptions {
  /** The rows that there are at all for the caller. */
  readonly rule?: Condition | undefined;
  /** Whether its time is limited. */
  readonly isCostly?: boolean;
  /** The column in whose index the rows stand (`rangeOf`). */
  readonly range?: string | undefined;
}

/**
 * Keeps MariaDB and MySQL from looking at the rows' own index as well, where another one has all that is asked for. They would
 * weigh both, and pairs of them, by reading in each: two thirds of the server's time for a page in the order of a time.
 */
const NOT_BY_ROWS = ' IGNORE INDEX (PRIMARY)';

/** Reads one page and one row more, which tells whether there is a next page. Its text is the same for queries of one shape. */
export function pageSql(of: TableSql, query: ListQuery, options: ListOptions = {}): Statement {
  const keyset = query.after && after(query.sort, query.after, of.isSqlite);
  const { sql, params } = where(of, query, options, keyset);
  const columns = query.columns.map((name) => of.select(name)).join(', ');
  const most = query.limit + 1;
  // A parameter where a server keeps what is prepared; SQLite plans with the number, and by itself.
  const limit = of.isSqlite ? String(most) : '?';
  const { range = 'id' } = options;
  const hint = of.isSqlite || range === 'id' ? '' : NOT_BY_ROWS;
  return {
    sql: `SELECT ${columns} FROM \`${of.table}\`${hint}${sql} ORDER BY ${orderBy(query.sort, of.table)} LIMIT ${limit}`,
    params: of.isSqlite ? params : [...params, most],
    isList: true,
  };
}

/** Counts at most `most + 1` rows, whatever the table's size. */
export function countSql(of: TableSql, query: ListQuery, most: number, options: ListOptions = {}): Statement {
  const { sql, params } = where(of, query, options);
  return {
    sql: `SELECT COUNT(*) AS \`total\` FROM (SELECT 1 FROM \`${of.table}\`${sql} LIMIT ${most + 1}) AS \`counted\``,
    params,
    isList: true,
  };
}

function where(
  { isSqlite }: TableSql,
  { filter, includeDeleted }: ListQuery,
  { rule, isCostly }: ListOptions,
  keyset?: SqlFragment,
): SqlFragment {
  const clauses: string[] = [];
  const params: SqlValue[] = [];
  if (isCostly && isSqlite) clauses.push(IN_TIME);
  if (!includeDeleted) clauses.push(LIVE);
  for (const fragment of [rule && conditionSql(rule, isSqlite), filter && conditionSql(filter, isSqlite), keyset]) {
    if (!fragment) continue;
    clauses.push(`(${fragment.sql})`);
    params.push(...fragment.params);
  }
  return { sql: clauses.length > 0 ? ` WHERE ${clauses.join(' AND ')}` : '', params };
}
