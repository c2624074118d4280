import { CSV_TYPE } from '../../http/media-types.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import { Export } from '../endpoints/answer.js';
import { valueOf } from '../crud.model.js';
import type { RequestContext } from '../endpoints/request-context.js';
import type { Field } from '../../fields/field.js';
import { followingPage, type ListQuery } from '../../query/list-query.js';
import { csvHeader, csvLine } from './csv.js';
import { ndjsonLine } from './ndjson.js';

/** Rows that are read, formatted and handed to the socket at once: what is in memory does not grow with the result. */
const ROWS_AT_ONCE = 500;

/**
 * The whole list as a stream, read in keyset pages: no long transaction, no server-side cursor, and a slow reader holds
 * no connection of the pool. Rows that change meanwhile are seen as in a paged walk.
 */
export async function exportRows<E extends CrudEntity>(
  context: RequestContext,
  readPage: (query: ListQuery) => Promise<E[]>,
): Promise<Export> {
  const query = { ...context.list!, limit: ROWS_AT_ONCE };
  // Read before the status is sent: a failure of the first page is still a problem, not a broken stream.
  const first = await readPage(query);
  if (context.format === CSV_TYPE) return new Export(CSV_TYPE, 'csv', csvChunks(query, first, readPage));
  return new Export(context.format, 'ndjson', lines(query, first, readPage, ndjsonLine));
}

type Line = (fields: readonly Field[], row: Record<string, unknown>) => string;

async function* csvChunks<E extends CrudEntity>(
  query: ListQuery,
  first: E[],
  readPage: (query: ListQuery) => Promise<E[]>,
): AsyncGenerator<string> {
  yield csvHeader(query.fields);
  yield* lines(query, first, readPage, csvLine);
}

async function* lines<E extends CrudEntity>(
  query: ListQuery,
  first: E[],
  readPage: (query: ListQuery) => Promise<E[]>,
  line: Line,
): AsyncGenerator<string> {
  let rows = first;
  for (;;) {
    let chunk = '';
    const count = Math.min(rows.length, ROWS_AT_ONCE);
    for (let index = 0; index < count; index++) chunk += line(query.fields, project(rows[index]!, query.fields));
    if (chunk !== '') yield chunk;
    if (rows.length <= ROWS_AT_ONCE) return;
    query = followingPage(query, rows[ROWS_AT_ONCE - 1]!);
    rows = await readPage(query);
  }
}

function project(row: CrudEntity, fields: readonly Field[]): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const field of fields) data[field.name] = valueOf(field, row);
  return data;
}
