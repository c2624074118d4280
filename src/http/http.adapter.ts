import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpConfig } from '../config/config.js';
import type { Draining } from '../process/draining.js';
import { NOBODY, type Caller } from './caller.js';
import { answerClientError } from './client-errors.js';
import { Cors } from './cors.js';
import type {} from './fastify-types.js';
import { DomainError } from './domain-error.js';
import { parseJson } from './json.parser.js';
import { Methods } from './methods.js';
import { Pressure } from './pressure.js';
import { problemBody } from './problem.js';
import { sendProblem } from './problem.filter.js';
import { checkLimits, checkMediaTypes } from './request-checks.js';
import { traceIdOf } from './trace-context.js';

const MAX_HEADER_BYTES = 16_384;
const LONGEST_PATH_PARAMETER = 8_192;

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache',
};

/** Decides who gets in. Asked after routing and before anything else of the request is looked at. */
export interface Gate {
  /** @throws DomainError why not, at once or later */
  admit(request: FastifyRequest, reply: FastifyReply): void | Promise<void>;
  /** To what needs no credentials. @throws DomainError `rate-limited` */
  admitAnybody(request: FastifyRequest, reply: FastifyReply): void;
}

export interface HttpServices {
  readonly draining: Draining;
  /** Undefined until the application is put together, which is before it listens. */
  gate?: Gate;
  /** Called once for each answer that has been sent. */
  readonly logRequest?: ((request: FastifyRequest, reply: FastifyReply) => void) | undefined;
}

/** Fastify with every limit set, and every failure of its own turned into a problem. */
export function httpAdapter(config: HttpConfig, services: HttpServices): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: config.bodyLimitBytes,
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
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: config.headersTimeoutMs,
      connectionsCheckingInterval: 500,
    },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  fastify.server.maxConnections = config.maxConnections;
  fastify.server.maxHeadersCount = 0;
  prepare(fastify, config, services);
  return adapter;
}

function prepare(fastify: FastifyInstance, config: HttpConfig, services: HttpServices): void {
  const { draining, logRequest } = services;
  const cors = new Cors(config.corsOrigins);
  const pressure = new Pressure(config);
  fastify.addHook('onClose', () => Promise.resolve(pressure.stop()));
  fastify.decorateRequest('traceId', '');
  fastify.decorateRequest('caller', null as unknown as Caller);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    (_request, body, done) => {
      try {
        done(null, parseJson(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  fastify.addHook('onRoute', ({ method, url, config: route }) => {
    if (!url.startsWith('/api/') || route?.access) return;
    // Closed by construction: a handler that nobody thought about can't be open to everybody.
    throw new TypeError(`${String(method)} ${url} says nobody's access: use an endpoint decorator or @Scope()`);
  });
  const methods = new Methods();
  methods.learn(fastify);
  // One synchronous hook: each further one costs every request.
  fastify.addHook('onRequest', (request, reply, done) => {
    request.traceId = traceIdOf(request.headers.traceparent);
    // Until the gate has said who it is.
    request.caller = NOBODY;
    void reply.headers(SECURITY_HEADERS);
    cors.apply(request, reply);
    // Seen to be needed: a client that keeps its connection meets a closed one at its next request.
    if (draining.isDraining) void reply.header('connection', 'close');
    try {
      checkLimits(request);
      if (isProbe(request)) return done();
      pressure.check();
      if (!isApi(request)) {
        services.gate!.admitAnybody(request, reply);
        if (!request.is404) return done();
        methods.answer(request, reply);
        return;
      }
      const admitted = services.gate!.admit(request, reply);
      if (!admitted) {
        checkMediaTypes(request);
        return done();
      }
      void admitted.then(() => checkMediaTypes(request)).then(() => done(), done);
    } catch (error) {
      done(error as Error);
    }
  });
  if (logRequest) {
    fastify.addHook('onResponse', (request, reply, done) => {
      logRequest(request, reply);
      done();
    });
  }
}

/** They are for everybody, and answer whatever happens. */
function isProbe(request: FastifyRequest): boolean {
  return request.routeOptions.url?.startsWith('/health') === true;
}

/** What is not, pages and what is not there, is for everybody. */
function isApi(request: FastifyRequest): boolean {
  return request.routeOptions.url?.startsWith('/api/') === true;
}

/** Fastify could not even route it (a malformed path); hooks do not run for these. */
function answerFrameworkError(request: FastifyRequest, reply: FastifyReply): void {
  const error = new DomainError('invalid-request-target', 'The path of the URL is not valid.');
  void reply.headers(SECURITY_HEADERS);
  const problem = problemBody(error, traceIdOf(request.headers.traceparent));
  sendProblem(reply, problem.status, JSON.stringify(problem), {});
}
