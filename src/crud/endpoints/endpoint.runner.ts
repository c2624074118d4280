import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { Answer, Exchange } from '../../http/http-services.js';
import { JSON_TYPE } from '../../http/media-types.js';
import { trustOf } from '../../http/proxies.js';
import { DomainError } from '../../problems/domain-error.js';
import { Exports } from '../export/exports.js';
import { Idempotency, type KeyFor } from '../idempotency/idempotency.js';
import { keyedRequest } from '../idempotency/keyed-request.js';
import { replayFor } from '../idempotency/replay.js';
import { ModuleRegistry } from '../module.registry.js';
import { Export } from './answer.js';
import { AskedEndpoints } from './asked-endpoints.js';
import { contextOf } from './context.factory.js';
import { ownContextOf, type OwnContext } from './own-request.js';
import { Rendered, render } from './render.js';
import type { EndpointContext } from './request-context.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null for what is not under `/api`. */
    context: EndpointContext | OwnContext;
    /** Undefined where the handler's own transaction, if it opens one, is enough. */
    asOneWrite: AsOneWrite | undefined;
  }
}

/** Bytes that a MEDIUMTEXT holds. */
const LONGEST_KEPT = 16_777_215;

/** Runs a handler in one transaction with what an idempotency key or a dry run asks for. */
export type AsOneWrite = (handle: () => Promise<unknown>) => Promise<unknown>;

/**
 * Around every handler with an endpoint decorator: reads the request's conditions before it and renders its answer after
 * it. No Nest interceptor: those cost each request a chain of Observables, measured at a fourth of a whole read.
 */
@Injectable()
export class EndpointRunner implements Exchange {
  private readonly logger = new Logger('Export');
  private readonly endpoints: AskedEndpoints;
  private readonly takesChangedTags: (request: FastifyRequest) => boolean;

  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
    private readonly registry: ModuleRegistry,
    private readonly exports: Exports,
    private readonly config: Config,
  ) {
    this.endpoints = new AskedEndpoints(registry);
    const { weakEtags, trustProxy } = config.http;
    const isProxy = trustOf(weakEtags === 'proxies' ? trustProxy : []);
    this.takesChangedTags = ({ raw }) => isProxy(raw.socket.remoteAddress ?? '', 0);
  }

  /** @throws DomainError for what is wrong with the request, its body aside */
  prepare(request: FastifyRequest, reply: FastifyReply): void {
    const endpoint = this.endpoints.of(request);
    if (!endpoint) {
      if (isOwn(request)) request.context = ownContextOf(request);
      return;
    }
    const context = contextOf(request, endpoint, this.takesChangedTags);
    request.context = context;
    if (context.list && context.format !== JSON_TYPE) this.beginExport(context, reply);
    const { stageHeaders } = endpoint.model;
    if (stageHeaders) void reply.headers(stageHeaders);
    if (!context.dryRun && context.idempotencyKey === undefined) return;
    request.asOneWrite = (handle) => this.asOneWrite(request, context, handle);
  }

  /** The answer with what a handler returned; undefined where the route is no endpoint's. */
  answer(request: FastifyRequest, value: unknown): Answer | undefined {
    const context = request.context as EndpointContext | OwnContext | null;
    context?.succeeded();
    if (!context || !('endpoint' in context)) return undefined;
    return value instanceof Export ? this.stream(value, context, request) : render(value, context);
  }

  private stream(
    { contentType, extension, chunks }: Export,
    { endpoint }: EndpointContext,
    { method, traceId }: FastifyRequest,
  ): Answer {
    // RFC 6266: browsers keep it as a file, and never show it as a page.
    const name = `${endpoint.model.name}.${extension}`;
    const headers = {
      'content-type': contentType,
      'content-disposition': `attachment; filename="${name}"`,
      // A proxy that buffers would take all of it, onto its disk, for a reader who takes little.
      'x-accel-buffering': 'no',
    };
    // To HEAD the head is all there is, and no more rows are read.
    const body = Readable.from(method === 'HEAD' ? [] : chunks, { objectMode: false, highWaterMark: 65_536 });
    // The status is sent by then: the client sees the connection cut, and nobody else would see anything.
    body.on('error', (error) =>
      this.logger.error({ err: error, msg: 'An export ended before its end', trace_id: traceId }),
    );
    return { status: 200, headers, body };
  }

  /** Counts the export until its answer is over, whoever ends it. */
  private beginExport({ caller }: EndpointContext, { raw }: FastifyReply): void {
    // A client that has left causes no event any more.
    if (!raw.destroyed) raw.once('close', this.exports.begin(caller));
  }

  private asOneWrite(
    request: FastifyRequest,
    context: EndpointContext,
    handle: () => Promise<unknown>,
  ): Promise<unknown> {
    const { endpoint, since } = context;
    if (context.dryRun) return this.database.transaction(handle, { rollback: true, since });
    const rendered = (value: unknown) => kept(render(value, context));
    const write = async (keyFor?: KeyFor) => {
      context.keyFor = keyFor && ((row) => keyFor(rendered(row)));
      return rendered(await handle());
    };
    const service = this.registry.get(endpoint.model.name);
    const { id } = request.params as { id?: string };
    const narrow = (answer: Rendered) => replayFor(service, answer, context, id);
    const keyed = keyedRequest(request, context.caller.id, context.idempotencyKey!);
    const isOneRow = endpoint.createsOneRow && service.createsOneRow && this.config.database.groupWrites;
    return isOneRow
      ? this.idempotency.onceWithOneRow(keyed, write, narrow)
      : this.idempotency.once(keyed, write, narrow);
  }
}

/** A route of a module's own, or of the kernel's, which is no page for people or machines. */
function isOwn({ route, routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.handledBy !== undefined && route.template!.startsWith('/api/');
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
