import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import type { OwnParameters } from '../../fields/own-parameters.js';
import type { Route } from '../../http/route.js';
import { DomainError, type ProblemItem } from '../../problems/domain-error.js';
import { AfterHandler } from './after-handler.js';
import { parametersOf } from './parameters.decorator.js';
import { PlainContext, type RequestContext } from './request-context.js';
import { unknownParameter } from './unknown-parameter.js';

/** The context of a request to a route that is no endpoint. */
export interface OwnContext extends RequestContext {
  /** The values of `@Parameters()`, an object of their class. */
  readonly parameters: object | undefined;
  /** The handler is done. */
  succeeded(): void;
}

/** The names that a handler has in `@Query()` or `@Headers()`; undefined where it takes them all. */
type Names = ReadonlySet<string> | undefined;

interface Taken {
  readonly parameters: OwnParameters | undefined;
  readonly query: Names;
  readonly headers: Names;
}

/** Headers that a client would rely on, of which a route that does nothing about them must not look as if it did. */
const CONDITIONS = { 'if-match': 'If-Match', 'if-none-match': 'If-None-Match', 'idempotency-key': 'Idempotency-Key' };

const known = new WeakMap<Route, Taken>();

/**
 * Refuses all of a request that the handler's decorators do not take: nothing is passed over in silence.
 * @throws DomainError `unknown-parameter` or `invalid-parameter`, with every fault
 */
export function ownContextOf(request: FastifyRequest): OwnContext {
  const { caller, traceId, method } = request;
  const query = request.query as Readonly<Record<string, unknown>>;
  const writes = method !== 'GET' && method !== 'HEAD';
  const taken = takenBy(request);
  const unknown = Object.keys(query).filter((name) => !takesParameter(taken, name, writes));
  const errors = [...unknown.map(unknownParameter), ...(writes ? refusedHeaders(request, taken) : [])];
  const parameters = taken.parameters?.read(query, errors);
  if (errors.length > 0) {
    const code = errors.length === unknown.length ? 'unknown-parameter' : 'invalid-parameter';
    const detail = errors.length === 1 ? errors[0]!.detail : `${errors.length} parameters are not valid.`;
    throw new DomainError(code, detail, { errors });
  }
  const later = new AfterHandler();
  const since = writes ? performance.now() : undefined;
  const context = new PlainContext(caller, traceId, since, (work) => later.add(work));
  return Object.assign(context, { parameters, succeeded: () => later.run() });
}

function takesParameter({ parameters, query }: Taken, name: string, writes: boolean): boolean {
  if (parameters?.has(name)) return true;
  // A handler that takes any parameter does not know of this one: it would really write.
  return query ? query.has(name) : !(writes && name === 'dry_run');
}

function refusedHeaders({ headers }: FastifyRequest, taken: Taken): ProblemItem[] {
  const refused = Object.entries(CONDITIONS).filter(
    ([name]) => headers[name] !== undefined && taken.headers && !taken.headers.has(name),
  );
  return refused.map(([header, name]) => ({ code: 'not-here', detail: `This route takes no ${name}.`, header }));
}

function takenBy({ route, routeOptions }: FastifyRequest): Taken {
  let taken = known.get(route);
  if (!taken) {
    const [target, key] = routeOptions.config.handledBy!;
    const names = (type: RouteParamtypes) => namesOf(target, key, type);
    const { QUERY, HEADERS } = RouteParamtypes;
    known.set(route, (taken = { parameters: parametersOf(target, key), query: names(QUERY), headers: names(HEADERS) }));
  }
  return taken;
}

function namesOf(target: object, key: string | symbol, type: RouteParamtypes): Names {
  const all = Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, key) as Record<string, { data?: unknown }>;
  const of = Object.entries(all ?? {}).filter(([name]) => name.startsWith(`${type}:`));
  if (of.some(([, { data }]) => typeof data !== 'string')) return undefined;
  const inAnyCase = type === RouteParamtypes.HEADERS;
  return new Set(of.map(([, { data }]) => (inAnyCase ? (data as string).toLowerCase() : (data as string))));
}
