import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';
import type { RouteAccess, RouteTraits } from './fastify-types.js';

/**
 * The scope that a route needs which is of no module: `changes:audit`. Its verb is one of its own, so that `*:read` and
 * `*:write`, which are about modules, do not open it.
 * @param more of the route: the Content-Types that it can answer with, where that is not JSON, for example
 */
export function Scope(scope: string, more: RouteTraits = {}): MethodDecorator {
  return access({ access: { scope }, ...more });
}

/** @throws TypeError for a handler that says its access twice: only one of them would hold */
export function access(config: FastifyContextConfig & { readonly access: RouteAccess }): MethodDecorator {
  return (target, key, descriptor) => {
    if (routeConfigOf(descriptor.value as object)?.access)
      throw new TypeError(`${target.constructor.name}.${String(key)}() says its access twice.`);
    RouteConfig({ ...config, handledBy: [target, key] })(target, key, descriptor);
  };
}

/** The declarations that decorators of a handler make about its route. */
export function routeConfigOf(handler: object): FastifyContextConfig | undefined {
  return Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as FastifyContextConfig | undefined;
}
