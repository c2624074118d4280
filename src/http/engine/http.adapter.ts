import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  fastify as createFastify,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HookHandlerDoneFunction,
} from 'fastify';
import type { RequestListener, Server } from 'node:http';
import type { HttpConfig } from '../../config/config.js';
import { Arrivals } from './arrivals.js';
import type { Caller } from '../../access/caller.js';
import { ClientErrors } from './client-errors.js';
import { parseBody } from '../body.parser.js';
import type {} from '../fastify-types.js';
import type { DomainError } from '../../problems/domain-error.js';
import { LITTLE_BYTES, type HeldBytes } from '../held-bytes.js';
import type { Answer, HttpServices } from '../http-services.js';
import { learnRoutes, NO_ROUTE, type Route } from '../route.js';
import { Methods } from '../methods.js';
import { Pressure } from '../pressure.js';
import { trustOf } from '../proxies.js';
import { tracer } from '../../runtime/tracing.js';
import { inRequestSpan } from './request-span.js';
import { refuseAtOtherPort, separate } from './management.js';
import { announcesBody, readBody } from './body.js';
import { checkHead, checkMediaTypes, MAX_URL_BYTES } from '../request-checks.js';
import { httpServer } from './server.js';
import { RequestObservers } from './request-observers.js';

/** Methods whose bodies Fastify would read, by a stream and with parsers of its own. */
const WITH_BODY = ['DELETE', 'PATCH', 'POST', 'PUT'];

/** Fastify with every limit set, and every failure of its own turned into a problem. */
export function httpAdapter(config: HttpConfig, services: HttpServices): FastifyAdapter {
  const observers = new RequestObservers(() => [services.measureRequest, services.logRequest]);
  const errors = new ClientErrors(
    (address) => services.gate?.admitAnybody(address),
    (status, problem) => {
      services.measureRequest?.({ route: NO_ROUTE, method: 'UNKNOWN', status })?.(0, '', services.nobody, 0);
      services.tellProblem?.(problem);
    },
  );
  const serverOf = (handle: RequestListener) => httpServer(config, handle, errors, () => services.tellUnread?.());
  const arrivals = new Arrivals(config, services, observers, services.held);
  const fastify = createFastify<Server>({
    // A request that is in flight when the stop begins gets its answer, liveness included.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    serverFactory: serverOf,
    clientErrorHandler: errors.answer,
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) =>
      arrivals.refuseTarget(request, reply),
    trustProxy: trustOf(config.trustProxy),
    routerOptions: { maxParamLength: MAX_URL_BYTES },
  });
  if (config.management) separate(fastify, serverOf);
  else fastify.decorate('management', null);
  // Before the adapter, whose hooks come after: a request that is refused here is seen by none of Nest's.
  prepare(fastify, config, services, arrivals);
  return new PlinthAdapter(fastify, services);
}

class PlinthAdapter extends FastifyAdapter {
  constructor(
    fastify: FastifyInstance,
    private readonly services: HttpServices,
  ) {
    super(fastify as never);
  }

  /** Nest calls it with what a handler has returned. */
  override reply(...[response, value, status]: Parameters<FastifyAdapter['reply']>): FastifyReply {
    const reply = response as FastifyReply;
    const answer = this.services.exchange!.answer(reply.request, value);
    return answer ? send(reply, answer, this.services.held) : super.reply(reply, value, status);
  }
}

/** @throws DomainError where the caller leaves too many answers unread for a large one */
function send(reply: FastifyReply, { status, headers, body }: Answer, held: HeldBytes): FastifyReply {
  const { method, caller } = reply.request;
  // A read can be repeated; a write has to be answered.
  if (typeof body === 'string' && body.length > LITTLE_BYTES && (method === 'GET' || method === 'HEAD'))
    held.check(caller, body.length);
  const before = headers.link !== undefined && reply.getHeader('link');
  return reply
    .code(status)
    .headers(before ? { ...headers, link: `${String(before)}, ${headers.link!}` } : headers)
    .send(body ?? undefined);
}

function prepare(fastify: FastifyInstance, config: HttpConfig, services: HttpServices, arrivals: Arrivals): void {
  const { held } = services;
  const pressure = new Pressure(config, held);
  // The delays of the start say nothing about the load.
  fastify.addHook('onListen', (done) => {
    pressure.start();
    done();
  });
  fastify.addHook('onClose', () => Promise.resolve(pressure.stop()));
  fastify.decorateRequest('startedAt', 0);
  fastify.decorateRequest('traceId', '');
  fastify.decorateRequest('span', undefined);
  fastify.decorateRequest('caller', null as unknown as Caller);
  fastify.decorateRequest('bytesHeld', 0);
  fastify.decorateRequest('route', null as unknown as Route);
  // The endpoints' own.
  fastify.decorateRequest('context', null as never);
  fastify.decorateRequest('asOneWrite', undefined);
  // So that it leaves them alone: what a request has is read by `takeIn`.
  for (const method of WITH_BODY) fastify.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  learnRoutes(fastify);
  const methods = new Methods();
  methods.learn(fastify);
  const limits = { config, held };
  const enter = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    arrivals.begin(request, reply);
    try {
      checkHead(request);
      if (config.management) refuseAtOtherPort(request);
      const { isProbe, isUnlimited, isGuarded } = request.route;
      if (isProbe) return done();
      if (!isUnlimited) pressure.check();
      // Pages, and what is not there: bodies are not even read.
      if (!isGuarded) {
        services.gate!.admitAnybody(request.ip);
        if (!request.is404) return done();
        methods.answer(request, reply);
        return;
      }
      const admitted = services.gate!.admit(request, reply);
      if (admitted) void admitted.then(() => takeIn(request, reply, limits, done)).catch(done);
      else takeIn(request, reply, limits, done);
    } catch (error) {
      done(error as Error);
    }
  };
  // One synchronous hook: each further one costs every request.
  fastify.addHook('onRequest', (request, reply, done) => {
    if (tracer) inRequestSpan(tracer, request, () => enter(request, reply, done));
    else enter(request, reply, done);
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
function takeIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { config, held }: { readonly config: HttpConfig; readonly held: HeldBytes },
  done: HookHandlerDoneFunction,
): void {
  if (!request.route.isUnlimited) held.check(request.caller);
  checkMediaTypes(request);
  if (request.method === 'GET' || request.method === 'HEAD') return done();
  // Nobody is told to send what is refused by its length already (RFC 9110 section 10.1.1).
  const { expect, 'content-length': length } = request.headers;
  if (expect !== undefined && announcesBody(request.headers) && !(Number(length) > config.bodyLimitBytes))
    reply.raw.writeContinue();
  const { caller } = request;
  const hold = (bytes: number) => {
    if (request.bytesHeld + bytes <= LITTLE_BYTES) return;
    held.check(caller, bytes);
    held.add(caller, bytes);
    request.bytesHeld += bytes;
  };
  const taken = (error: DomainError | null, body: Buffer) => {
    try {
      if (error) throw error;
      if (body.length > 0) request.body = parseBody(request, body);
    } catch (refused) {
      return done(refused as DomainError);
    }
    done();
  };
  readBody(request.raw, config.bodyLimitBytes, taken, hold);
}
