import { RouteConfig } from '@nestjs/platform-fastify';

/**
 * The scope that a route needs which is of no module: `changes:audit`. Its verb is one of its own, so that `*:read` and
 * `*:write`, which are about modules, do not open it.
 * @param offers the media types that it can answer with; JSON where it does not say
 */
export function Scope(scope: string, offers?: readonly string[]): MethodDecorator {
  return RouteConfig({ access: { scope }, ...(offers && { offers }) });
}
