import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type {} from '../fastify-types.js';
import { DomainError } from '../../problems/domain-error.js';
import { isManagementPath } from '../route.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The server of probes and metrics, where they have one of their own; not listening yet. */
    readonly management: Server | null;
  }
}

/** Requests that came to the port of probes and metrics. */
const arrivedThere = new WeakSet<IncomingMessage>();

/** Takes requests for probes and metrics from a server of their own, and from no other. */
export function separate(fastify: FastifyInstance, serverOf: (handle: RequestListener) => Server): void {
  const server = serverOf((request, response) => {
    arrivedThere.add(request);
    fastify.routing(request, response);
  });
  fastify.decorate('management', server);
}

/** @throws DomainError `route-not-found` where what is asked for is on the other port */
export function refuseAtOtherPort({ raw, route, is404, url }: FastifyRequest): void {
  // Where there is nothing by this method, there may be something by another one.
  const isWanted = is404 ? isManagementPath(url.split('?', 1)[0]!) : route.isManagement;
  if (arrivedThere.has(raw) !== isWanted) throw new DomainError('route-not-found', 'There is nothing at this path.');
}
