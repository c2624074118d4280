import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { DomainError } from '../problems/domain-error.js';
import { MAX_URL_BYTES, notImplemented } from './request-checks.js';

const KNOWN: readonly HTTPMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Methods that are known, and allowed nowhere: TRACE would show what proxies add to a request (RFC 9110 section 15.5.6). */
const REFUSED: readonly string[] = ['OPTIONS', 'TRACE', 'QUERY'];

/** The methods of each path, and all methods there are, which Fastify leaves to a 404. */
export class Methods {
  private readonly router = findMyWay({ maxParamLength: MAX_URL_BYTES });
  private readonly routes = new Set<string>();

  /** Learns the routes from Fastify as they are made, in Fastify's own path language. */
  learn(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const name of [method].flat() as HTTPMethod[]) {
        if (!KNOWN.includes(name) || this.routes.has(`${name} ${url}`) || url === '*') continue;
        this.routes.add(`${name} ${url}`);
        this.router.on(name, url, () => undefined);
      }
    });
  }

  /** Answers a request that no route has taken: OPTIONS, or the problem that says why not. */
  answer(request: FastifyRequest, reply: FastifyReply): void {
    const path = request.url.split('?', 1)[0]!;
    const allowed = path === '*' ? [...KNOWN] : KNOWN.filter((method) => this.router.find(method, path) !== null);
    if (request.method === 'OPTIONS' && allowed.length > 0) {
      const allow = [...allowed, 'OPTIONS'].join(', ');
      // Only a preflight request of an origin that is let in has got this far with the other headers of one.
      if (reply.hasHeader('access-control-max-age')) void reply.header('access-control-allow-methods', allow);
      void reply.code(204).header('allow', allow).send();
      return;
    }
    if (![...KNOWN, ...REFUSED].includes(request.method)) throw notImplemented();
    if (allowed.length === 0) throw new DomainError('route-not-found', 'There is nothing at this path.');
    const allow = [...allowed, 'OPTIONS'].join(', ');
    throw new DomainError('method-not-allowed', `This path takes ${allow}.`, { headers: { allow } });
  }
}
