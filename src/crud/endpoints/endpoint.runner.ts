import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { Exchange } from '../../http/http-services.js';
import { trustOf } from '../../http/proxies.js';
import type { Route } from '../../http/route.js';
import { CrudService } from '../crud.service.js';
import { Idempotency } from '../idempotency/idempotency.js';
import { keyedRequest } from '../idempotency/keyed-request.js';
import { replayFor } from '../idempotency/replay.js';
import { ModuleRegistry } from '../module.registry.js';
import { Export } from './answer.js';
import { contextOf } from './context.factory.js';
import type { ModuleEndpoint } from './endpoint.js';
import { Rendered, render } from './render.js';
import type { EndpointContext } from './request-context.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request to an endpoint. */
    context: EndpointContext;
    /** Undefined where the handler's own transaction, if it opens one, is enough. */
    asOneWrite: AsOneWrite | undefined;
  }
}

/** Runs a handler in one transaction with what an idempotency key or a dry run asks for. */
export type AsOneWrite = (handle: () => Promise<unknown>) => Promise<Rendered>;

/**
 * Around every handler with an endpoint decorator: reads the request's conditions before it and renders its answer after
 * it. No Nest interceptor: those cost each request a chain of Observables, measured at a fourth of a whole read.
 */
@Injectable()
export class EndpointRunner implements Exchange {
  private readonly known = new Map<Route, ModuleEndpoint | null>();
  private readonly takesChangedTags: (request: FastifyRequest) => boolean;

  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
    private readonly registry: ModuleRegistry,
    private readonly config: Config,
  ) {
    const { weakEtags, trustProxy } = config.http;
    const isProxy = trustOf(weakEtags === 'proxies' ? trustProxy : []);
    this.takesChangedTags = ({ raw }) => isProxy(raw.socket.remoteAddress ?? '', 0);
  }

  /** @throws DomainError for what is wrong with the request, its body aside */
  prepare(request: FastifyRequest, reply: FastifyReply): void {
    const endpoint = this.endpointOf(request);
    if (!endpoint) return;
    const context = contextOf(request, endpoint, this.takesChangedTags);
    request.context = context;
    const { stageHeaders } = endpoint.model;
    if (stageHeaders) void reply.headers(stageHeaders);
    if (!context.dryRun && context.idempotencyKey === undefined) return;
    // Not assigned where it is written: V8 would make it old from the start, and the request with it.
    const asOneWrite: AsOneWrite = (handle) => this.asOneWrite(request, async () => render(await handle(), context));
    request.asOneWrite = asOneWrite;
  }

  /** What a handler has returned; false where it is no endpoint's. */
  answer({ context }: FastifyRequest, reply: FastifyReply, value: unknown): boolean {
    if (context === null) return false;
    if (value instanceof Export) {
      // RFC 6266: browsers keep it as a file, and never show it as a page.
      const name = `${context.endpoint.model.name}.${value.extension}`;
      void reply.headers({
        'content-type': value.contentType,
        'content-disposition': `attachment; filename="${name}"`,
      });
      void reply.send(Readable.from(value.chunks, { objectMode: false, highWaterMark: 65_536 }));
    } else {
      const { status, headers, body } = render(value, context);
      reply.sendWhole(status, headers, body);
    }
    return true;
  }

  private asOneWrite(request: FastifyRequest, handle: () => Promise<Rendered>): Promise<Rendered> {
    const { context, params } = request;
    if (context.dryRun) return this.database.transaction(handle, { rollback: true, since: context.since });
    const service = this.registry.get(context.endpoint.model.name);
    const mayHave = (answer: Rendered) => replayFor(service, answer, context, (params as { id?: string }).id);
    const keyed = keyedRequest(request, context.caller.id, context.idempotencyKey!);
    // The kernel's own way to create: a service that has another may do more, or look for what the insert throws.
    const isOneRow = context.endpoint.kind === 'create' && service.create === CrudService.prototype.create;
    if (isOneRow && this.config.database.groupWrites) return this.idempotency.onceWithOneRow(keyed, handle, mayHave);
    return this.idempotency.once(keyed, handle, mayHave);
  }

  /** The endpoint that the route's handler declares, of the route's module; of the one in the path where it serves all. */
  private endpointOf(request: FastifyRequest): ModuleEndpoint | null {
    const known = this.known.get(request.route);
    if (known !== undefined) return known;
    const { endpoint } = request.routeOptions.config;
    const { module } = request.route;
    const modelOf = (name: string) => this.registry.get(name).model;
    if (endpoint && module === undefined)
      return { ...endpoint, model: modelOf((request.params as { module: string }).module) };
    const found = endpoint ? { ...endpoint, model: modelOf(module!) } : null;
    this.known.set(request.route, found);
    return found;
  }
}
