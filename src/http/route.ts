import type { FastifyInstance, RouteOptions } from 'fastify';
import { NO_READERS, type Readers } from './body.parser.js';
import { JSON_TYPE } from './media-types.js';
import type { AccessVerb, RouteAccess } from './fastify-types.js';

const JSON_ONLY: readonly string[] = [JSON_TYPE];

/** Properties that all requests of a route share, worked out once. */
export interface Route {
  /** The path as the documents write it, `/api/resource/{id}:restore`; null where there is nothing. */
  readonly template: string | null;
  /** The template as JSON. */
  readonly quoted: string;
  /** Whether it is not for everybody, as pages and probes are. */
  readonly isGuarded: boolean;
  readonly isProbe: boolean;
  /** For those who run the service: on a port of its own, where one is configured. */
  readonly isManagement: boolean;
  /** Operators see by it what goes on: callers who may have it get it under any load. */
  readonly isUnlimited: boolean;
  /** The Content-Types that it can answer with, the default first. */
  readonly offers: readonly string[];
  /** Levels of its body around other bodies: `{ operations: [{ body }] }` has three. */
  readonly levelsAround: number;
  /** The media types that bodies may have beside JSON. */
  readonly readers: Readers;
  readonly access: RouteAccess | undefined;
  /** The module that it is about; undefined where that is a part of the path, or it is about none. */
  readonly module: string | undefined;
  /** The scope that it needs; undefined where the module is a part of the path, and where it is public. */
  readonly scope: string | undefined;
}

export const NO_ROUTE: Route = {
  template: null,
  quoted: 'null',
  isGuarded: false,
  isProbe: false,
  isManagement: false,
  isUnlimited: false,
  offers: JSON_ONLY,
  levelsAround: 0,
  readers: NO_READERS,
  access: undefined,
  module: undefined,
  scope: undefined,
};

/** Works out the routes as they are made, so that requests find theirs with one look. */
export function learnRoutes(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (options) => {
    options.config = { ...options.config, route: routeOf(options) };
  });
}

function routeOf({ method, url, config }: RouteOptions): Route {
  // Closed by construction: a handler that nobody thought about can't be open to everybody.
  if (url.startsWith('/api/') && !config?.access)
    throw new TypeError(
      `${String(method)} ${url} says nobody's access: use an endpoint decorator, @Scope() or @Public()`,
    );
  const template = templateOf(url);
  const access = config?.access;
  const module = access && 'verb' in access ? moduleIn(url) : undefined;
  return {
    template,
    quoted: JSON.stringify(template),
    isGuarded: access !== undefined,
    isProbe: url.startsWith('/health'),
    isManagement: isManagementPath(url),
    isUnlimited: config?.isUnlimited ?? false,
    offers: config?.offers ?? JSON_ONLY,
    levelsAround: config?.levelsAround ?? 0,
    readers: config?.readers ?? NO_READERS,
    access,
    module,
    scope: access && scopeFor(access, module),
  };
}

function scopeFor(access: RouteAccess, module: string | undefined): string | undefined {
  if ('scope' in access) return access.scope;
  return 'verb' in access && module !== undefined ? scopeOf(module, access.verb) : undefined;
}

/** @param path without a query */
export function isManagementPath(path: string): boolean {
  return /^\/(health|metrics)(\/|$)/.test(path);
}

export function scopeOf(module: string, verb: AccessVerb): string {
  return `${module}:${verb}`;
}

function moduleIn(url: string): string | undefined {
  const [, , name] = url.split('/');
  return name!.startsWith(':') ? undefined : name;
}

/** Fastify's path language in that of OpenAPI: `/:id([^:/]+)::restore` is `/{id}:restore`. */
export function templateOf(url: string): string {
  return url.replaceAll(/(?<!:):(\w+)(?:\([^)]*\))?/g, '{$1}').replaceAll('::', ':');
}
