import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { from, lastValueFrom, map, type Observable } from 'rxjs';
import { Database } from '../../database/database.js';
import type { Caller } from '../../http/caller.js';
import { Idempotency } from '../idempotency/idempotency.js';
import { keyedRequest } from '../idempotency/keyed-request.js';
import { replayFor } from '../idempotency/replay.js';
import { ModuleRegistry } from '../module.registry.js';
import { checkStage } from '../stage.js';
import { Export } from './answer.js';
import { contextOf } from './context.factory.js';
import { endpointOf, type ModuleEndpoint } from './endpoint.js';
import { render, type Rendered } from './render.js';
import type { RequestContext } from './request-context.js';

export type PlinthRequest = FastifyRequest & { caller: Caller; traceId: string; context: RequestContext };

/**
 * Around every handler with an endpoint decorator: reads the request's conditions before it, renders its answer after
 * it, and, where an idempotency key or a dry run asks for it, puts the whole handler into one transaction.
 */
@Injectable()
export class EndpointInterceptor implements NestInterceptor {
  private readonly declared = new Map<object, ModuleEndpoint>();

  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
    private readonly registry: ModuleRegistry,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = execution.switchToHttp().getRequest<PlinthRequest>();
    const reply = execution.switchToHttp().getResponse<FastifyReply>();
    const endpoint = this.endpointOf(execution, request);
    if (!endpoint) return next.handle();
    checkStage(endpoint.model.name, endpoint.model.stage, request.caller);
    const context = contextOf(request, endpoint);
    request.context = context;
    void reply.headers(endpoint.model.stageHeaders);
    // A stream of events is the handler's own to write.
    if (endpoint.kind === 'watch') return next.handle();
    if (!endpoint.writes) return next.handle().pipe(map((answer) => send(reply, answer, context)));
    return from(this.write(request, next)).pipe(map((answer) => sendRendered(reply, answer)));
  }

  private write(request: PlinthRequest, next: CallHandler): Promise<Rendered> {
    const { context } = request;
    const handle = async () => render(await lastValueFrom(next.handle(), { defaultValue: undefined }), context);
    if (context.dryRun) return this.database.transaction(handle, { rollback: true });
    if (context.idempotencyKey === undefined) return handle();
    const { name } = context.endpoint.model;
    const mayHave = (answer: Rendered) => replayFor(this.registry.get(name), answer, context, idOf(request));
    return this.idempotency.once(keyedRequest(request, context.caller.id, context.idempotencyKey), handle, mayHave);
  }

  /** The endpoint that the handler declares, of its controller's module; of the module in the path where it serves all. */
  private endpointOf(execution: ExecutionContext, request: PlinthRequest): ModuleEndpoint | undefined {
    const handler = execution.getHandler();
    const known = this.declared.get(handler);
    if (known) return known;
    const endpoint = endpointOf(handler);
    if (!endpoint) return undefined;
    const { module } = request.params as { module?: string };
    if (module !== undefined) return { ...endpoint, model: this.registry.get(module).model };
    const { model } = this.registry.get(String(Reflect.getMetadata('path', execution.getClass())));
    const declared = { ...endpoint, model };
    this.declared.set(handler, declared);
    return declared;
  }
}

function idOf({ params }: PlinthRequest): string | undefined {
  return (params as { id?: string }).id;
}

function send(reply: FastifyReply, answer: unknown, context: RequestContext): unknown {
  if (!(answer instanceof Export)) return sendRendered(reply, render(answer, context));
  void reply.header('content-type', answer.contentType);
  return Readable.from(answer.chunks, { objectMode: false, highWaterMark: 65_536 });
}

function sendRendered(reply: FastifyReply, { status, headers, body }: Rendered): string | undefined {
  void reply.code(status);
  for (const name in headers) {
    const before = name === 'link' ? reply.getHeader(name) : undefined;
    void reply.header(name, before === undefined ? headers[name] : `${String(before)}, ${headers[name]!}`);
  }
  return body ?? undefined;
}
