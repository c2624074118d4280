import { RouteConfig } from '@nestjs/platform-fastify';
import type { RouteTraits } from './fastify-types.js';

/**
 * The scope that a route needs which is of no module: `changes:audit`. Its verb is one of its own, so that `*:read` and
 * `*:write`, which are about modules, do not open it.
 * @param more of the route: the Content-Types that it can answer with, where that is not JSON, for example
 */
export function Scope(scope: string, more: RouteTraits = {}): MethodDecorator {
  return RouteConfig({ access: { scope }, ...more });
}
