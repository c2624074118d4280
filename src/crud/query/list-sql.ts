import type { SqlValue } from '../../database/session.js';
import type { SqlFragment } from './filter.compiler.js';
import { after } from './keyset.js';
import type { ListQuery } from './list-query.js';
import { orderBy } from './sort.js';

/** Not `IS NULL` alone: SQLite would look all live rows up in the index of `deleted_at`, and then sort them. */
const LIVE = '(`deleted_at` IS NULL) = 1';

/**
 * One page and one row more, which tells whether there is a next page. Its text is the same for queries of one shape.
 * @param rule which rows there are at all for the caller
 */
export function pageSql(table: string, query: ListQuery, rule?: SqlFragment): SqlFragment {
  const { sql, params } = where(query, rule, query.after ? after(query.sort, query.after) : undefined);
  const columns = query.columns.map((name) => `\`${name}\``).join(', ');
  return {
    sql: `SELECT ${columns} FROM \`${table}\`${sql} ORDER BY ${orderBy(query.sort)} LIMIT ${query.limit + 1}`,
    params,
  };
}

/** Counts at most `most + 1` rows, whatever the table's size. */
export function countSql(table: string, query: ListQuery, most: number, rule?: SqlFragment): SqlFragment {
  const { sql, params } = where(query, rule);
  return {
    sql: `SELECT COUNT(*) AS \`total\` FROM (SELECT 1 FROM \`${table}\`${sql} LIMIT ${most + 1}) AS \`counted\``,
    params,
  };
}

function where({ filter, includeDeleted }: ListQuery, rule?: SqlFragment, keyset?: SqlFragment): SqlFragment {
  const clauses: string[] = [];
  const params: SqlValue[] = [];
  if (!includeDeleted) clauses.push(LIVE);
  for (const fragment of [rule, filter, keyset]) {
    if (!fragment) continue;
    clauses.push(`(${fragment.sql})`);
    params.push(...fragment.params);
  }
  return { sql: clauses.length > 0 ? ` WHERE ${clauses.join(' AND ')}` : '', params };
}
