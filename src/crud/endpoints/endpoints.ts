import { Delete, Get, Patch, Post, Put, type Type } from '@nestjs/common';
import { JSON_TYPE } from '../../http/media-types.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { Listing, Representation } from './answer.js';
import { endpoint, ID, type Handles } from './endpoint.decorator.js';
import type { EndpointOptions } from './endpoint.js';
import { contentTypeOf, type Format } from './format.js';
import type { AnswerOf, AnswerType } from './own-answer.js';
import { LIST_FORMATS } from './request-context.js';

/** Options of POST and PUT: formats with `read` may be bodies. */
export interface BodyOptions<E> extends EndpointOptions {
  readonly formats?: readonly Format<E>[];
}

export interface ReadOptions<E> extends EndpointOptions {
  /** Representations beside JSON (and NDJSON and CSV, of lists). */
  readonly formats?: readonly Format<E>[];
}

/** `GET /api/{module}`: a page or a stream. With `?id=` it is another way to the read endpoint. */
export function ListEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: ReadOptions<E> = {},
): Handles<Listing<E>> {
  const declared = { ...options, kind: 'list', resource, writes: false } as const;
  return endpoint(Get(), declared, { offers: listOffers(resource, options) });
}

/** `GET /api/{module}/{id}`: 200 and the ETag, or 304. */
export function ReadEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: ReadOptions<E> = {},
): Handles<Representation<E>> {
  const declared = { ...options, kind: 'read', resource, writes: false } as const;
  listOffers(resource, options);
  return endpoint(Get(ID), declared, { offers: [JSON_TYPE, ...typesOf(options)] });
}

/** `POST /api/{module}`: 201, Location and ETag. */
export function CreateEndpoint<E extends CrudEntity>(
  resource: Type<E>,
  options: BodyOptions<E> = {},
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
  options: BodyOptions<E> = {},
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

/** The Content-Types at the address of each resource's list, where `?id=` gives a single row as well. */
const LIST_OFFERS = new WeakMap<object, string[]>();

/** One array for both endpoints of a resource, whichever is declared first. */
function listOffers(resource: object, options: ReadOptions<never>): readonly string[] {
  const offers = LIST_OFFERS.get(resource) ?? [...LIST_FORMATS];
  LIST_OFFERS.set(resource, offers);
  offers.push(...typesOf(options).filter((type) => !offers.includes(type)));
  return offers;
}

function typesOf({ formats = [] }: ReadOptions<never>): string[] {
  return formats.map(contentTypeOf);
}
