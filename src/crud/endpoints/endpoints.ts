import { applyDecorators, Delete, Get, Patch, Post, Put, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { bodyCheckOf, bodyClassOf } from '../../fields/body-checks.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import { EVENTS_TYPE, JSON_TYPE } from '../../http/media-types.js';
import { around } from './around.js';
import type { Listing, MultiStatus, Page, Representation } from './answer.js';
import { declareEndpoint, type Endpoint, type EndpointOptions } from './endpoint.js';
import { contentTypeOf, type Format } from './format.js';
import { checkAnswer, type AnswerOf, type AnswerType } from './own-answer.js';
import { parametersOf } from './parameters.decorator.js';
import { LIST_FORMATS } from './request-context.js';

/** A decorator that compiles only on a handler which returns what it documents. */
export type Handles<R> = <H extends (...args: never[]) => Promise<R>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<H>,
) => void;

export interface ReadOptions<E> extends EndpointOptions {
  /** Representations beside JSON (and NDJSON and CSV, of lists). */
  readonly formats?: readonly Format<E>[];
}

/** In routes an id never holds a colon: that begins an action (`/{id}:restore`). */
export const ID = ':id([^:/]+)';

/** `GET /api/{module}`: a page, a stream, or with `?id=` the specification's literal read of one row. */
export function ListEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: ReadOptions<E> = {},
): Handles<Listing<E>> {
  const declared = { ...options, kind: 'list', resource, writes: false } as const;
  return endpoint(Get(), declared, [...LIST_FORMATS, ...typesOf(options)]);
}

/** `GET /api/{module}/{id}`: 200 and the ETag, or 304. */
export function ReadEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: ReadOptions<E> = {},
): Handles<Representation<E>> {
  const declared = { ...options, kind: 'read', resource, writes: false } as const;
  return endpoint(Get(ID), declared, [JSON_TYPE, ...typesOf(options)]);
}

/** `POST /api/{module}`: 201, Location and ETag. */
export function CreateEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: EndpointOptions = {},
): Handles<Representation<E>> {
  return endpoint(Post(), { ...options, kind: 'create', resource, writes: true });
}

/** `PATCH /api/{module}/{id}`: JSON Merge Patch (RFC 7396). */
export function UpdateEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: EndpointOptions = {},
): Handles<Representation<E>> {
  return endpoint(Patch(ID), { ...options, kind: 'update', resource, writes: true });
}

/** `PUT /api/{module}/{id}`: 201 or 200. */
export function ReplaceEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: EndpointOptions = {},
): Handles<Representation<E>> {
  return endpoint(Put(ID), { ...options, kind: 'replace', resource, writes: true });
}

/** `DELETE /api/{module}/{id}`: 204, soft. */
export function RemoveEndpoint<E extends CrudEntity>(resource: Type<E>, options: EndpointOptions = {}): Handles<void> {
  return endpoint(Delete(ID), { ...options, kind: 'remove', resource, writes: true });
}

/** `POST /api/{module}/{id}:restore`. */
export function RestoreEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: EndpointOptions = {},
): Handles<Representation<E>> {
  return endpoint(Post(`${ID}::restore`), { ...options, kind: 'restore', resource, writes: true });
}

export interface ActionOptions<A extends AnswerType> extends EndpointOptions {
  /** The class of what it answers, its members declared by `@Field()`; `[Class]` for a list of it. */
  readonly answer: A;
}

/**
 * A module's own verb on one row, `POST /api/{module}/{id}:{verb}`: it takes Idempotency-Key, `dry_run` and the rest as
 * every write does, and what it writes stands or falls together when it opens a transaction. It answers with the row, or
 * with what `answer` declares.
 */
export function ActionEndpoint<E extends CrudEntity>(
  verb: string,
  resource: Type<E>,
  options?: EndpointOptions,
): Handles<Representation<E>>;
export function ActionEndpoint<E extends CrudEntity, A extends AnswerType>(
  verb: string,
  resource: Type<E>,
  options: ActionOptions<A>,
): Handles<AnswerOf<A>>;
export function ActionEndpoint(
  verb: string,
  resource: Type<CrudEntity>,
  options: EndpointOptions & Partial<ActionOptions<AnswerType>> = {},
): Handles<object> {
  return endpoint(Post(`${ID}::${verb}`), { ...options, kind: 'action', resource, writes: true, verb });
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
  return (target, key, descriptor) => {
    const where = `${target.constructor.name}.${String(key)}()`;
    if (declared.answer) checkAnswer(declared.answer, where);
    const own = { parameters: parametersOf(target, key), body: bodyClassOf(target, key) };
    refuseTaken(declared, own, where);
    const found = { ...declared, ...own };
    const config = RouteConfig({ access, endpoint: found, ...(offers && { offers }) });
    if (declared.writes) descriptor.value = asOneWrite(target, key, descriptor.value!);
    applyDecorators(route, config)(target, key, descriptor);
    declareEndpoint(descriptor.value!, found);
  };
}

function typesOf({ formats = [] }: ReadOptions<never>): string[] {
  return formats.map(contentTypeOf);
}

const TAKEN = ['id', 'fields', 'dry_run', 'limit', 'cursor', 'sort', 'count', 'include_deleted', 'filter'];

function refuseTaken({ kind }: Endpoint, { parameters }: Pick<Endpoint, 'parameters'>, where: string): void {
  const taken = parameters && TAKEN.find((name) => parameters.has(name));
  if (taken)
    throw new TypeError(`${where} has a parameter "${taken}", which is one of the kernel's: name it otherwise.`);
  if (parameters && (kind === 'watch' || kind === 'history' || kind === 'batch'))
    throw new TypeError(`${where} can't have parameters of its own.`);
}

/** Whatever the handler does is one transaction where the request asks for that. */
function asOneWrite<H extends (...args: never[]) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  handler: H,
): H {
  const checkBodies = bodyCheckOf(target, key);
  return around(target, key, handler, ({ asOneWrite: run }, args, handle) => {
    checkBodies(args);
    return run ? run(handle) : handle();
  });
}
