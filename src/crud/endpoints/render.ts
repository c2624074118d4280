import { JSON_TYPE } from '../../http/media-types.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { Format } from './format.js';
import { answered } from './own-answer.js';
import type { EndpointContext } from './request-context.js';
import { MultiStatus, Page, Representation } from './answer.js';

/** An answer as it goes over the wire, and as an idempotency key keeps it. */
export class Rendered {
  constructor(
    readonly status: number,
    readonly headers: Readonly<Record<string, string>>,
    readonly body: string | null,
  ) {}
}

/** Turns what a handler returned into status, headers and body. Streams are not rendered but sent. */
export function render(value: unknown, context: EndpointContext): Rendered {
  if (value instanceof Representation) return renderRow(value, context);
  if (value instanceof Rendered) return value;
  if (value instanceof Page) return renderPage(value, context);
  if (value instanceof MultiStatus) return json(207, { data: value.data, status: 'success' });
  if (value === undefined || value === null) return new Rendered(204, {}, null);
  const { answer, status } = context.endpoint;
  const data = answer ? answered(answer, value, context.caller) : value;
  return json(status ?? 200, { data, status: 'success' });
}

function json(status: number, body: object, headers: Record<string, string> = {}): Rendered {
  return new Rendered(status, { 'content-type': JSON_TYPE, ...headers }, JSON.stringify(body));
}

function renderRow(row: Representation<unknown>, context: EndpointContext): Rendered {
  if (context.ownFormat) return renderOwn(row, context, context.ownFormat);
  const headers: Record<string, string> = { etag: row.etag };
  if (!context.endpoint.writes) {
    if (context.ifNoneMatch?.matchesWeakly(row.etag)) return new Rendered(304, headers, null);
    return json(200, { data: row.data, status: 'success' }, headers);
  }
  if (row.created) headers.location = `/api/${context.endpoint.model.name}/${row.id}`;
  if (!context.minimal) return json(row.created ? 201 : 200, { data: row.data, status: 'success' }, headers);
  headers['preference-applied'] = 'return=minimal';
  return new Rendered(row.created ? 201 : 204, headers, null);
}

function renderOwn(
  row: Representation<CrudEntity>,
  { format, ifNoneMatch }: EndpointContext,
  { head = '', row: write, tail = '' }: Format,
): Rendered {
  // Two representations have one tag, so it is a weak one (RFC 9110 section 8.8.1).
  const headers = { etag: `W/${row.etag}` };
  if (ifNoneMatch?.matchesWeakly(row.etag)) return new Rendered(304, headers, null);
  return new Rendered(200, { 'content-type': format, ...headers }, `${head}${write(row.data)}${tail}`);
}

function renderPage(answer: Page<unknown>, context: EndpointContext): Rendered {
  const { next_cursor: cursor } = answer.page;
  const headers: Record<string, string> = {};
  // An address has no room for a search: its next page is the same body with the cursor.
  if (cursor !== undefined && context.endpoint.kind !== 'search')
    headers.link = `<${context.urlWith('cursor', cursor)}>; rel="next"`;
  return json(200, { data: answer.data, page: answer.page, status: 'success' }, headers);
}
