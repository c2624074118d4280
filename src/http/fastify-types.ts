import type { Caller } from '../access/caller.js';
import type { Route } from './route.js';
import type { FastifyContextConfig } from 'fastify';
import type { Readers } from './body.parser.js';

export type AccessVerb = 'read' | 'write' | 'purge';

/** The permission that a route needs: a verb on its module, a scope by its name, or none. */
export type RouteAccess = { readonly verb: AccessVerb } | { readonly scope: string } | { readonly isPublic: true };

/** The traits of a route beside who may use it. */
export type RouteTraits = Pick<FastifyContextConfig, 'offers' | 'readers' | 'isUnlimited'>;

declare module 'fastify' {
  interface FastifyRequest {
    /** 32 hexadecimal digits: the caller's own (W3C Trace Context) or one of ours. */
    traceId: string;
    caller: Caller;
    route: Route;
    /** The time by `performance.now()`. */
    startedAt: number;
    /** Bytes of the caller's memory that its body takes (`HeldBytes`). */
    bytesHeld: number;
  }

  interface FastifyContextConfig {
    /** The Content-Types that the route can answer with, the default first; JSON where it does not say. */
    readonly offers?: readonly string[];
    /** The media types that bodies may have beside JSON. */
    readonly readers?: Readers;
    /** Levels of its body around other bodies; none where it does not say. */
    readonly levelsAround?: number;
    readonly access?: RouteAccess;
    /** The handler of a route that is no endpoint: its decorators say what it takes. */
    readonly handledBy?: readonly [target: object, key: string | symbol];
    /** Neither shed under load nor limited. */
    readonly isUnlimited?: boolean;
    readonly route?: Route;
  }
}
