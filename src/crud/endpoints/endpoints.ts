import { applyDecorators, Delete, Get, Patch, Post, Put, Req, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { bodyCheckOf } from '../../fields/body-checks.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import { EVENTS_TYPE } from '../../http/media-types.js';
import type { Listing, MultiStatus, Page, Representation } from './answer.js';
import { declareEndpoint, type Endpoint } from './endpoint.js';
import { LIST_FORMATS } from './request-context.js';

/** A decorator that compiles only on a handler which returns what it documents. */
export type Handles<R> = <H extends (...args: never[]) => Promise<R>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<H>,
) => void;

/** In routes an id never holds a colon: that begins an action (`/{id}:restore`). */
export const ID = ':id([^:/]+)';

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

/** In routes over all modules: the module's name, up to the colon. */
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

/** A caller needs the scope `{module}:read` or `{module}:write`. */
function endpoint<R>(route: MethodDecorator, declared: Endpoint, offers?: readonly string[]): Handles<R> {
  const access = { verb: declared.writes ? 'write' : 'read' } as const;
  const config = RouteConfig({ access, endpoint: declared, ...(offers && { offers }) });
  return (target, key, descriptor) => {
    if (declared.writes) descriptor.value = asOneWrite(target, key, descriptor.value!);
    applyDecorators(route, config)(target, key, descriptor);
    declareEndpoint(descriptor.value!, declared);
  };
}

/** Whatever the handler does is one transaction where the request asks for that. It gets the request as one argument more. */
function asOneWrite<H extends (...args: never[]) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  handler: H,
): H {
  const { length } = Reflect.getMetadata('design:paramtypes', target, key) as unknown[];
  Req()(target, key, length);
  const checkBodies = bodyCheckOf(target, key);
  const write = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const { asOneWrite: run } = args[length] as FastifyRequest;
    checkBodies(args);
    const handle = () => handler.apply(this, args.slice(0, length) as never[]);
    return run ? run(handle) : handle();
  };
  // What decorators below this one have said of the handler.
  for (const name of Reflect.getMetadataKeys(handler) as string[])
    Reflect.defineMetadata(name, Reflect.getMetadata(name, handler), write);
  return Object.defineProperty(write, 'name', { value: handler.name }) as unknown as H;
}
