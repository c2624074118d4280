import { Get, Post } from '@nestjs/common';
import { EVENTS_TYPE } from '../../http/media-types.js';
import type { MultiStatus, Page } from './answer.js';
import { endpoint, ID, type Handles } from './endpoint.decorator.js';

/** The module's name in routes over all modules, up to the colon. */
const MODULE = ':module([a-z][a-z0-9-]*)';

/** `POST /api/{module}:batch` of every module. */
export function BatchEndpoint(): Handles<object[] | MultiStatus> {
  return endpoint(Post(`${MODULE}::batch`), { kind: 'batch', writes: true });
}

/** `GET /api/{module}:watch` of every module: server-sent events. */
export function WatchEndpoint(): Handles<void> {
  return endpoint(Get(`${MODULE}::watch`), { kind: 'watch', writes: false }, [EVENTS_TYPE]);
}

/** `GET /api/{module}/{id}:history` of every module. */
export function HistoryEndpoint(): Handles<Page<object>> {
  return endpoint(Get(`${MODULE}/${ID}::history`), { kind: 'history', writes: false });
}
