import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  fastify as createFastify,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HookHandlerDoneFunction,
} from 'fastify';
import type { HttpConfig } from '../config/config.js';
import type { Draining } from '../process/draining.js';
import { NOBODY, type Caller } from './caller.js';
import { answerClientError } from './client-errors.js';
import { Cors } from './cors.js';
import type {} from './fastify-types.js';
import { DomainError } from './domain-error.js';
import { parseJson } from './json.parser.js';
import { learnRoutes, NO_ROUTE, type Route } from './route.js';
import { Methods } from './methods.js';
import { NextRequest } from './next-request.js';
import { Pressure } from './pressure.js';
import { problemBody } from './problem.js';
import { sendProblem } from './problem.filter.js';
import { readBody, Request } from './request.js';
import { checkLimits, checkMediaTypes } from './request-checks.js';
import { Response } from './response.js';
import { ToldRequests, type RequestListener } from './told-requests.js';
import { traceIdOf } from './trace-context.js';
import { sendWholeAnswers } from './whole-answers.js';

const MAX_HEADER_BYTES = 16_384;
const LONGEST_PATH_PARAMETER = 8_192;
/** Methods whose bodies Fastify would read, by a stream and with parsers of its own. */
const WITH_BODY = ['DELETE', 'PATCH', 'POST', 'PUT'];

/** Decides who gets in. Asked after routing and before anything else of the request is looked at. */
export interface Gate {
  /** @throws DomainError why not, at once or later */
  admit(request: FastifyRequest, reply: FastifyReply): void | Promise<void>;
  /** To what needs no credentials. @throws DomainError `rate-limited` */
  admitAnybody(request: FastifyRequest, reply: FastifyReply): void;
}

/** Is around the handlers of endpoints. */
export interface Exchange {
  /** Reads the request's conditions, once its body is there. @throws DomainError what is wrong with them */
  prepare(request: FastifyRequest, reply: FastifyReply): void;
  /** Sends what a handler has returned; false where that is none of its own. */
  answer(request: FastifyRequest, reply: FastifyReply, value: unknown): boolean;
}

export interface HttpServices {
  readonly draining: Draining;
  /** Undefined until the application is put together, which is before it listens. */
  gate?: Gate;
  exchange?: Exchange;
  readonly logRequest?: RequestListener | undefined;
  measureRequest?: RequestListener;
}

/** Fastify with every limit set, and every failure of its own turned into a problem. */
export function httpAdapter(config: HttpConfig, services: HttpServices): FastifyAdapter {
  const fastify = createFastify({
    keepAliveTimeout: config.keepAliveTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    // A request that is in flight when the stop begins gets its answer, liveness included.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) =>
      answerFrameworkError(request, reply),
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    routerOptions: { maxParamLength: LONGEST_PATH_PARAMETER },
    http: {
      IncomingMessage: Request,
      ServerResponse: Response,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: config.headersTimeoutMs,
      connectionsCheckingInterval: 500,
      // Most requests have no body: no stream is made for one (Node 24.12).
      optimizeEmptyRequests: true,
    },
  });
  const adapter = new PlinthAdapter(fastify);
  adapter.services = services;
  fastify.server.maxConnections = config.maxConnections;
  fastify.server.maxHeadersCount = 0;
  prepare(fastify, config, services);
  return adapter;
}

class PlinthAdapter extends FastifyAdapter {
  services!: HttpServices;

  /**
   * Without the seven hooks that Nest adds for its CORS, CSRF protection, security headers, versions and answers while it
   * closes, none of which are used here: they did nothing, and took a fifteenth of a read.
   */
  constructor(fastify: FastifyInstance) {
    const addHook = Object.getOwnPropertyDescriptor(fastify, 'addHook')!;
    fastify.addHook = () => fastify;
    super(fastify as never);
    // As it was, not bound: plugins call it on instances of their own.
    Object.defineProperty(fastify, 'addHook', addHook);
  }

  /** Nest calls it with what a handler has returned. */
  override reply(...[response, value, status]: Parameters<FastifyAdapter['reply']>): FastifyReply {
    const reply = response as FastifyReply;
    if (this.services.exchange!.answer(reply.request, reply, value)) return reply;
    return super.reply(reply, value, status);
  }
}

function prepare(fastify: FastifyInstance, config: HttpConfig, services: HttpServices): void {
  const { draining } = services;
  const cors = new Cors(config.corsOrigins);
  const pressure = new Pressure(config);
  const next = new NextRequest(config.busyPollUs / 1000);
  const told = new ToldRequests(() => [services.measureRequest, services.logRequest]);
  sendWholeAnswers(fastify);
  fastify.addHook('onClose', () => Promise.resolve(pressure.stop()));
  fastify.decorateRequest('startedAt', 0);
  fastify.decorateRequest('traceId', '');
  fastify.decorateRequest('caller', null as unknown as Caller);
  fastify.decorateRequest('route', null as unknown as Route);
  // The endpoints' own.
  fastify.decorateRequest('context', null as never);
  fastify.decorateRequest('asOneWrite', undefined);
  // So that it leaves them alone: what a request has is read by `takeIn`.
  for (const method of WITH_BODY) fastify.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  learnRoutes(fastify);
  const methods = new Methods();
  methods.learn(fastify);
  // One synchronous hook: each further one costs every request.
  fastify.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now();
    request.traceId = traceIdOf(request.headers.traceparent);
    request.route = request.routeOptions.config.route ?? NO_ROUTE;
    // Not assigned where it is written: V8 would make it old from the start (`a.b = () => …` is taken for a part of a class),
    // and with it all of the request. That was 1 MB with each collection, until the hook had been compiled.
    const answered = () => {
      told.tell(request, reply);
      next.answered(request.method);
    };
    (reply.raw as Response).afterwards = answered;
    next.came();
    // Until the gate has said who it is.
    request.caller = NOBODY;
    cors.apply(request, reply);
    // Seen to be needed: a client that keeps its connection meets a closed one at its next request.
    if (draining.isDraining) void reply.header('connection', 'close');
    try {
      checkLimits(request);
      if (request.route.isProbe) return done();
      pressure.check();
      // Pages, and what is not there: bodies are not even read.
      if (!request.route.isGuarded) {
        services.gate!.admitAnybody(request, reply);
        if (!request.is404) return done();
        methods.answer(request, reply);
        return;
      }
      const admitted = services.gate!.admit(request, reply);
      if (admitted) void admitted.then(() => takeIn(request, reply, config, done)).catch(done);
      else takeIn(request, reply, config, done);
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('preHandler', (request, reply, done) => {
    try {
      services.exchange!.prepare(request, reply);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Gives the handler the body, if there is one. @throws DomainError for its media type */
function takeIn(request: FastifyRequest, reply: FastifyReply, config: HttpConfig, done: HookHandlerDoneFunction): void {
  checkMediaTypes(request);
  if (request.method === 'GET' || request.method === 'HEAD') return done();
  readBody(request.raw, config.bodyLimitBytes, (error, body) => {
    // There may be more of it.
    if (error) void reply.header('connection', 'close');
    try {
      if (error) throw error;
      if (body.length > 0) request.body = parseJson(body);
    } catch (refused) {
      return done(refused as DomainError);
    }
    done();
  });
}

/** Fastify could not even route it (a malformed path); hooks do not run for these. */
function answerFrameworkError(request: FastifyRequest, reply: FastifyReply): void {
  const error = new DomainError('invalid-request-target', 'The path of the URL is not valid.');
  const problem = problemBody(error, traceIdOf(request.headers.traceparent));
  sendProblem(reply, problem.status, JSON.stringify(problem), {});
}
