import type { FastifyRequest } from 'fastify';
import type { Route } from '../../http/route.js';
import type { ModuleRegistry } from '../module.registry.js';
import type { ModuleEndpoint } from './endpoint.js';

/** The endpoint that each request asks for, worked out once for each route. */
export class AskedEndpoints {
  private readonly known = new Map<Route, ModuleEndpoint | null>();
  /** The way by `?id=` to the read endpoint, of each list. */
  private readonly reads = new Map<ModuleEndpoint, ModuleEndpoint>();

  constructor(private readonly registry: ModuleRegistry) {}

  /** Null where the route is no endpoint's. */
  of(request: FastifyRequest): ModuleEndpoint | null {
    const endpoint = this.declared(request);
    if (endpoint?.kind !== 'list' || !Object.hasOwn(request.query as object, 'id')) return endpoint;
    // Where a controller goes without, the list has no such parameter.
    return this.readOf(endpoint) ?? endpoint;
  }

  /** The endpoint that the route's handler declares, of the route's module; of the one in the path where it serves all. */
  private declared({ route, routeOptions, params }: FastifyRequest): ModuleEndpoint | null {
    const known = this.known.get(route);
    if (known !== undefined) return known;
    const { endpoint } = routeOptions.config;
    if (endpoint && route.module === undefined)
      return this.registry.endpointFor(endpoint, (params as { module: string }).module);
    const found = endpoint ? this.registry.endpointFor(endpoint, route.module!) : null;
    this.known.set(route, found);
    return found;
  }

  private readOf(list: ModuleEndpoint): ModuleEndpoint | undefined {
    const known = this.reads.get(list);
    if (known) return known;
    const { model } = list;
    const declared = this.registry.endpoint(model.name, 'read');
    if (!declared) return undefined;
    const read = { ...declared, model, isByQuery: true };
    this.reads.set(list, read);
    return read;
  }
}
