import { CSV_TYPE } from '../../http/media-types.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import { Export } from '../endpoints/answer.js';
import { valueOf } from '../crud.model.js';
import type { Format } from '../endpoints/format.js';
import type { RequestContext } from '../endpoints/request-context.js';
import type { Field } from '../../fields/field.js';
import { followingPage, type ListQuery, type Part } from '../../query/list-query.js';
import { csvHeader, csvLine } from './csv.js';
import { ndjsonLine } from './ndjson.js';

/** Rows that are read, formatted and handed to the socket at once, unless they are large: then fewer. */
const ROWS_AT_ONCE = 500;

/**
 * The whole list as a stream, read in keyset pages: no long transaction, no server-side cursor, and a slow reader holds
 * no connection of the pool. Rows that change meanwhile are seen as in a paged walk.
 */
export async function exportRows<E extends CrudEntity>(
  context: RequestContext,
  readPage: ReadPage<E>,
): Promise<Export> {
  const query = { ...context.list!, limit: ROWS_AT_ONCE };
  // Read before the status is sent: a failure of the first page is still a problem, not a broken stream.
  const first = await readPage(query);
  const { ownFormat } = context;
  if (ownFormat) return new Export(context.format, ownFormat.extension, ownChunks(ownFormat, query, first, readPage));
  if (context.format === CSV_TYPE) return new Export(CSV_TYPE, 'csv', csvChunks(query, first, readPage));
  return new Export(context.format, 'ndjson', lines(query, first, readPage, ndjsonLine));
}

type ReadPage<E> = (query: ListQuery) => Promise<Part<E>>;
type Line = (fields: readonly Field[], row: Record<string, unknown>) => string;

async function* csvChunks<E extends CrudEntity>(
  query: ListQuery,
  first: Part<E>,
  readPage: ReadPage<E>,
): AsyncGenerator<string> {
  yield csvHeader(query.fields);
  yield* lines(query, first, readPage, csvLine);
}

async function* ownChunks<E extends CrudEntity>(
  { head = '', row, tail = '' }: Format,
  query: ListQuery,
  first: Part<E>,
  readPage: ReadPage<E>,
): AsyncGenerator<string> {
  if (head !== '') yield head;
  yield* lines(query, first, readPage, (_fields, data) => row(data as Partial<CrudEntity>));
  if (tail !== '') yield tail;
}

async function* lines<E extends CrudEntity>(
  query: ListQuery,
  first: Part<E>,
  readPage: ReadPage<E>,
  line: Line,
): AsyncGenerator<string> {
  for (let part: Part<E> | undefined = first; part; part = part.hasMore ? await readPage(query) : undefined) {
    let chunk = '';
    for (const row of part.rows) chunk += line(query.fields, project(row, query.fields));
    if (part.hasMore) query = followingPage(query, part.rows.at(-1)!);
    // While the reader takes its time, the rows are not in memory beside what was made of them.
    part.rows.length = 0;
    if (chunk !== '') yield chunk;
  }
}

function project(row: CrudEntity, fields: readonly Field[]): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const field of fields) data[field.name] = valueOf(field, row);
  return data;
}
