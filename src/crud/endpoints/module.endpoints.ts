import { Get, Post } from '@nestjs/common';
import { EVENTS_TYPE } from '../../http/media-types.js';
import type { Listing, MultiStatus, Page } from './answer.js';
import { endpoint, ID, type Handles } from './endpoint.decorator.js';
import { LIST_FORMATS } from './request-context.js';
import type { CrudEntity } from '../../rows/crud.entity.js';

/** The module's name in routes over all modules, up to the colon. */
const MODULE = ':module([a-z][a-z0-9-]*)';

/** `POST /api/{module}:batch` of every module. */
export function BatchEndpoint(): Handles<object[] | MultiStatus> {
  // `{ operations: [{ body }] }`
  return endpoint(Post(`${MODULE}::batch`), { kind: 'batch', writes: true }, { levelsAround: 3 });
}

/** `POST /api/{module}:search` of every module that has a list: a page or a stream, by a query in the body. */
export function SearchEndpoint(): Handles<Listing<CrudEntity>> {
  return endpoint(Post(`${MODULE}::search`), { kind: 'search', writes: false }, { offers: LIST_FORMATS });
}

/** `POST /api/{module}/{id}:purge` of every module whose rows are deleted; a caller needs the scope `{module}:purge`. */
export function PurgeEndpoint(): Handles<void> {
  return endpoint(Post(`${MODULE}/${ID}::purge`), { kind: 'purge', writes: true });
}

/** `GET /api/{module}:watch` of every module: server-sent events. */
export function WatchEndpoint(): Handles<void> {
  return endpoint(Get(`${MODULE}::watch`), { kind: 'watch', writes: false }, { offers: [EVENTS_TYPE] });
}

/** `GET /api/{module}/{id}:history` of every module. */
export function HistoryEndpoint(): Handles<Page<object>> {
  return endpoint(Get(`${MODULE}/${ID}::history`), { kind: 'history', writes: false });
}
