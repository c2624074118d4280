import { MetadataScanner, type DiscoveryService } from '@nestjs/core';
import { templateOf } from '../../http/route.js';
import { endpointOf, type Endpoint } from './endpoint.js';

/** In the order of Nest's `RequestMethod`. */
export const METHODS: readonly ('get' | 'post' | 'put' | 'delete' | 'patch')[] = [
  'get',
  'post',
  'put',
  'delete',
  'patch',
];

/** An endpoint as Nest serves it. */
export interface FoundEndpoint {
  /** The path as OpenAPI writes it: `/api/loan/{id}`. */
  readonly path: string;
  readonly method: (typeof METHODS)[number];
  readonly endpoint: Endpoint;
  /** Calls the handler, of the controller that Nest has made. */
  readonly call: (...args: unknown[]) => Promise<unknown>;
}

/**
 * Every handler with an endpoint decorator, by Nest's own metadata of where they are.
 * @throws TypeError for a handler that overrides an endpoint without a decorator of its own: Nest would drop its route
 */
export function findEndpoints(discovery: DiscoveryService): FoundEndpoint[] {
  const scanner = new MetadataScanner();
  return discovery.getControllers().flatMap(({ metatype, instance }) => {
    if (!metatype) return [];
    const base = String(Reflect.getMetadata('path', metatype));
    const prototype = metatype.prototype as Prototype;
    return scanner.getAllMethodNames(prototype).flatMap((name): FoundEndpoint[] => {
      const handler = prototype[name]!;
      const endpoint = endpointOf(handler);
      if (!endpoint) {
        refuseLostRoute(metatype.name, prototype, name);
        return [];
      }
      const path = pathOf(base, String(Reflect.getMetadata('path', handler)));
      const call: FoundEndpoint['call'] = (...args) =>
        (instance as Record<string, FoundEndpoint['call']>)[name]!(...args);
      return [{ path, method: METHODS[Reflect.getMetadata('method', handler) as number]!, endpoint, call }];
    });
  });
}

type Prototype = Record<string, object>;

function refuseLostRoute(controller: string, prototype: Prototype, name: string): void {
  for (let base = prototype; base; base = Object.getPrototypeOf(base) as Prototype) {
    const inherited = Object.hasOwn(base, name) ? endpointOf(base[name]!) : undefined;
    if (!inherited) continue;
    const decorator = `@${inherited.kind[0]!.toUpperCase()}${inherited.kind.slice(1)}Endpoint()`;
    throw new TypeError(
      `${controller}.${name}() overrides an inherited handler: put ${decorator} on it, or Nest drops its route.`,
    );
  }
}

/** As OpenAPI writes it. */
export function pathOf(...parts: string[]): string {
  return templateOf(`/api/${parts.filter((part) => part !== '/' && part !== '').join('/')}`);
}
