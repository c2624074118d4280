import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { Exchange } from '../../http/http-services.js';
import { JSON_TYPE } from '../../http/media-types.js';
import { trustOf } from '../../http/proxies.js';
import type { Route } from '../../http/route.js';
import { DomainError } from '../../problems/domain-error.js';
import { CrudService } from '../crud.service.js';
import { Exports } from '../export/exports.js';
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
    /** The context of a request to an endpoint. */
    context: EndpointContext;
    /** Undefined where the handler's own transaction, if it opens one, is enough. */
    asOneWrite: AsOneWrite | undefined;
  }
}

/** Bytes that a MEDIUMTEXT holds. */
const LONGEST_KEPT = 16_777_215;

/** Runs a handler in one transaction with what an idempotency key or a dry run asks for. */
export type AsOneWrite = (handle: () => Promise<unknown>) => Promise<Rendered>;

/**
 * Around every handler with an endpoint decorator: reads the request's conditions before it and renders its answer after
 * it. No Nest interceptor: those cost each request a chain of Observables, measured at a fourth of a whole read.
 */
@Injectable()
export class EndpointRunner implements Exchange {
  private readonly logger = new Logger('Export');
  private readonly known = new Map<Route, ModuleEndpoint | null>();
  private readonly takesChangedTags: (request: FastifyRequest) => boolean;

  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
    private readonly registry: ModuleRegistry,
    private readonly exports: Exports,
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
    if (context.list && context.format !== JSON_TYPE) this.beginExport(context, reply);
    const { stageHeaders } = endpoint.model;
    if (stageHeaders) void reply.headers(stageHeaders);
    if (!context.dryRun && context.idempotencyKey === undefined) return;
    // Not assigned where it is written: V8 would make it old from the start, and the request with it.
    const asOneWrite: AsOneWrite = (handle) =>
      this.asOneWrite(request, async () => kept(render(await handle(), context)));
    request.asOneWrite = asOneWrite;
  }

  /** Answers with what a handler returned. @returns false where the route is no endpoint's */
  answer(request: FastifyRequest, reply: FastifyReply, value: unknown): boolean {
    const { context } = request;
    if (context === null) return false;
    context.succeeded();
    if (value instanceof Export) {
      // RFC 6266: browsers keep it as a file, and never show it as a page.
      const name = `${context.endpoint.model.name}.${value.extension}`;
      void reply.headers({
        'content-type': value.contentType,
        'content-disposition': `attachment; filename="${name}"`,
      });
      // To HEAD the head is all there is, and no more rows are read.
      const chunks = request.method === 'HEAD' ? [] : value.chunks;
      const stream = Readable.from(chunks, { objectMode: false, highWaterMark: 65_536 });
      // The status is sent by then: the client sees the connection cut, and nobody else would see anything.
      stream.on('error', (error) =>
        this.logger.error({ err: error, msg: 'An export ended before its end', trace_id: request.traceId }),
      );
      void reply.send(stream);
    } else {
      const { status, headers, body } = render(value, context);
      reply.sendWhole(status, headers, body);
    }
    return true;
  }

  /** Counts the export until its answer is over, whoever ends it. */
  private beginExport({ caller }: EndpointContext, { raw }: FastifyReply): void {
    // A client that has left causes no event any more.
    if (!raw.destroyed) raw.once('close', this.exports.begin(caller));
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
    if (endpoint && module === undefined) {
      const { module: name } = request.params as { module: string };
      // A search has what the module's list has.
      const ofList = endpoint.kind === 'search' && { parameters: this.registry.listOf(name).endpoint.parameters };
      return { ...endpoint, ...ofList, model: modelOf(name) };
    }
    const found = endpoint ? { ...endpoint, model: modelOf(module!) } : null;
    this.known.set(request.route, found);
    return found;
  }
}

/** An answer that can be given again. @throws DomainError `answer-too-large`, and nothing of the request is kept then */
function kept(answer: Rendered): Rendered {
  const { body } = answer;
  if (body === null || 3 * body.length <= LONGEST_KEPT || Buffer.byteLength(body) <= LONGEST_KEPT) return answer;
  throw new DomainError(
    'answer-too-large',
    `An answer that is kept for an Idempotency-Key may have ${LONGEST_KEPT} bytes. Send the request with "Prefer: return=minimal".`,
  );
}
