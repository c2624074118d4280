import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import type { EndpointContext } from './request-context.js';

/**
 * Makes `GET /api/{module}?id=` another way to the route that reads one row, with its guards, its pipes and its handler. By a
 * call of the service it would go past all that a team has put there.
 */
export function readByQuery(fastify: FastifyInstance): void {
  const reads = new Map<string, RouteHandlerMethod>();
  fastify.addHook('onRoute', (options) => {
    const { endpoint, route } = options.config!;
    const module = route!.module!;
    if (endpoint?.kind === 'read') reads.set(module, options.handler);
    if (endpoint?.kind !== 'list') return;
    const list = options.handler;
    options.handler = function (request, reply) {
      if (!(request.context as EndpointContext).endpoint.isByQuery) return list.call(this, request, reply);
      request.params = { id: (request.query as { readonly id: string }).id };
      return reads.get(module)!.call(this, request, reply);
    };
  });
}
