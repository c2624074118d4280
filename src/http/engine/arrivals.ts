import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpConfig } from '../../config/config.js';
import { Cors } from '../cors.js';
import { DomainError } from '../../problems/domain-error.js';
import { LITTLE_BYTES, type HeldBytes } from '../held-bytes.js';
import type { HttpServices } from '../http-services.js';
import { problemBody } from '../../problems/problem.js';
import { sendProblem } from '../../problems/problem.filter.js';
import { checkHead } from '../request-checks.js';
import { endRequestSpan } from './request-span.js';
import type { PlinthResponse } from './response.js';
import { NO_ROUTE } from '../route.js';
import type { RequestObservers } from './request-observers.js';
import { traceIdOf } from '../trace-context.js';
import { Vary } from '../vary.js';

/** Receives every request: names it, checks its head, lets it in and reads its body. */
export class Arrivals {
  private readonly cors: Cors;
  private readonly vary: Vary;

  constructor(
    config: HttpConfig,
    private readonly services: HttpServices,
    private readonly observers: RequestObservers,
    private readonly held: HeldBytes,
  ) {
    this.cors = new Cors(config.corsOrigins);
    this.vary = new Vary(config.corsOrigins.length > 0, () => services.gate!.knowsCallers);
  }

  begin(request: FastifyRequest, reply: FastifyReply): void {
    request.startedAt = performance.now();
    const { span } = request;
    request.traceId = span ? span.spanContext().traceId : traceIdOf(request.headers.traceparent);
    request.route = request.routeOptions.config.route ?? NO_ROUTE;
    // Not assigned where it is written: V8 keeps such a function, and all of its request, for long (docs/performance.md).
    const answered = () => {
      this.hold(request, reply);
      this.observers.observe(request, reply);
      if (span) endRequestSpan(span, request, reply);
    };
    (reply.raw as PlinthResponse).afterwards = answered;
    // Until the gate has said who it is.
    request.caller = this.services.nobody;
    const vary = this.vary.of(request.route);
    if (vary !== '') void reply.header('vary', vary);
    this.cors.apply(request, reply);
    // Seen to be needed: a client that keeps its connection meets a closed one at its next request.
    if (this.services.draining.isDraining) void reply.header('connection', 'close');
  }

  /** Answers a request that Fastify could not even route: its hooks do not run for these. */
  refuseTarget(request: FastifyRequest, reply: FastifyReply): void {
    this.begin(request, reply);
    const error = this.faultOf(request);
    const problem = problemBody(error, request.traceId);
    this.services.tellProblem?.(error);
    sendProblem(reply, problem.status, JSON.stringify(problem), error.headers);
  }

  /** Moves the budget from the body, which is free now, to the answer, which is in memory until it is read. */
  private hold(request: FastifyRequest, { raw }: FastifyReply): void {
    const { caller, bytesHeld } = request;
    if (bytesHeld > 0) this.held.remove(caller, bytesHeld);
    const unread = raw.writableLength;
    if (unread <= LITTLE_BYTES || raw.destroyed) return;
    this.held.add(caller, unread);
    raw.once('close', () => this.held.remove(caller, unread));
  }

  private faultOf(request: FastifyRequest): DomainError {
    try {
      checkHead(request);
      this.services.gate!.admitAnybody(request.ip);
    } catch (error) {
      return error as DomainError;
    }
    return new DomainError('invalid-request-target', 'The path of the URL is not valid.');
  }
}
