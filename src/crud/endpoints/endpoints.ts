import { Delete, Get, Patch, Post, Put, type Type } from '@nestjs/common';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { Listing, Representation } from './answer.js';
import { endpoint, ID, type Handles } from './endpoint.decorator.js';
import { LIST_FORMATS } from './request-context.js';

/** `GET /api/{module}`: a page, a stream, or with `?id=` the specification's literal read of one row. */
export function ListEndpoint<E extends CrudEntity>(resource: Type<E>): Handles<Listing<E>> {
  return endpoint(Get(), { kind: 'list', resource, writes: false }, LIST_FORMATS);
}

/** `GET /api/{module}/{id}`: 200 and the ETag, or 304. */
export function ReadEndpoint<E extends CrudEntity>(resource: Type<E>): Handles<Representation<E>> {
  return endpoint(Get(ID), { kind: 'read', resource, writes: false });
}

/** `POST /api/{module}`: 201, Location and ETag. */
export function CreateEndpoint<E extends CrudEntity>(resource: Type<E>): Handles<Representation<E>> {
  return endpoint(Post(), { kind: 'create', resource, writes: true });
}

/** `PATCH /api/{module}/{id}`: JSON Merge Patch (RFC 7396). */
export function UpdateEndpoint<E extends CrudEntity>(resource: Type<E>): Handles<Representation<E>> {
  return endpoint(Patch(ID), { kind: 'update', resource, writes: true });
}

/** `PUT /api/{module}/{id}`: 201 or 200. */
export function ReplaceEndpoint<E extends CrudEntity>(resource: Type<E>): Handles<Representation<E>> {
  return endpoint(Put(ID), { kind: 'replace', resource, writes: true });
}

/** `DELETE /api/{module}/{id}`: 204, soft. */
export function RemoveEndpoint<E extends CrudEntity>(resource: Type<E>): Handles<void> {
  return endpoint(Delete(ID), { kind: 'remove', resource, writes: true });
}

/** `POST /api/{module}/{id}:restore`. */
export function RestoreEndpoint<E extends CrudEntity>(resource: Type<E>): Handles<Representation<E>> {
  return endpoint(Post(`${ID}::restore`), { kind: 'restore', resource, writes: true });
}

/**
 * A module's own verb on one row, `POST /api/{module}/{id}:{verb}`: it takes Idempotency-Key, `dry_run` and the rest as
 * every write does, and what it writes stands or falls together when it opens a transaction.
 */
export function ActionEndpoint<E extends CrudEntity>(verb: string, resource: Type<E>): Handles<Representation<E>> {
  return endpoint(Post(`${ID}::${verb}`), { kind: 'action', resource, writes: true, verb });
}
