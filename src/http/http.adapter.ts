import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpConfig } from '../config/config.js';
import type { Draining } from '../process/draining.js';
import { ANYBODY } from './caller.js';
import { answerClientError } from './client-errors.js';
import type {} from './fastify-types.js';
import { DomainError } from './domain-error.js';
import { parseJson } from './json.parser.js';
import { Methods } from './methods.js';
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
  'cache-control': 'private, no-cache',
};

export interface HttpServices {
  readonly draining: Draining;
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
  prepare(fastify, services);
  return adapter;
}

function prepare(fastify: FastifyInstance, { draining, logRequest }: HttpServices): void {
  fastify.decorateRequest('traceId', '');
  fastify.decorateRequest('caller', { getter: () => ANYBODY });
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
  const methods = new Methods();
  methods.learn(fastify);
  // One synchronous hook: each further one costs every request.
  fastify.addHook('onRequest', (request, reply, done) => {
    request.traceId = traceIdOf(request.headers.traceparent);
    void reply.headers(SECURITY_HEADERS);
    // Seen to be needed: a client that keeps its connection meets a closed one at its next request.
    if (draining.isDraining) void reply.header('connection', 'close');
    try {
      checkLimits(request);
      if (request.is404) {
        methods.answer(request, reply);
        if (reply.sent) return;
      }
      checkMediaTypes(request);
      done();
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

/** Fastify could not even route it (a malformed path); hooks do not run for these. */
function answerFrameworkError(request: FastifyRequest, reply: FastifyReply): void {
  const error = new DomainError('invalid-request-target', 'The path of the URL is not valid.');
  void reply.headers(SECURITY_HEADERS);
  const problem = problemBody(error, traceIdOf(request.headers.traceparent));
  sendProblem(reply, problem.status, JSON.stringify(problem), {});
}
