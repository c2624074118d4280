import { MetadataScanner, type DiscoveryService } from '@nestjs/core';
import type { RequestContext } from '../crud/endpoints/request-context.js';

/** @param what it is called for */
export type Handler = (what: unknown, context: RequestContext) => unknown;

/** A method with a decorator, of the instance that Nest made. */
export interface FoundMethod<T> {
  /** `Mailer.send()`, for people. */
  readonly handler: string;
  readonly options: T;
  /** Bound to its instance. */
  readonly call: Handler;
}

/**
 * The methods of all providers that a decorator has marked with `key`.
 * @throws TypeError for one of a class that Nest makes anew for each request: there is no request here
 */
export function findMethods<T>(discovery: DiscoveryService, key: symbol): FoundMethod<T>[] {
  const scanner = new MetadataScanner();
  const found: FoundMethod<T>[] = [];
  const seen = new Set<unknown>();
  for (const wrapper of wrappers(discovery)) {
    const { instance } = wrapper;
    if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
    // An alias gives the same one again.
    seen.add(instance);
    // The instance's and not the provider's: it may come from a factory.
    const prototype = Object.getPrototypeOf(instance) as object | null;
    if (prototype === null) continue;
    for (const method of scanner.getAllMethodNames(prototype)) {
      const marked = (prototype as Record<string, object>)[method]!;
      const all = Reflect.getMetadata(key, marked) as readonly T[] | undefined;
      if (!all) continue;
      const handler = `${prototype.constructor.name}.${method}()`;
      if (!wrapper.isDependencyTreeStatic())
        throw new TypeError(
          `${handler} is of a class that is made for each request: there is no request in the background.`,
        );
      const call = (instance as Record<string, Handler>)[method]!.bind(instance);
      found.push(...all.map((options) => ({ handler, options, call })));
    }
  }
  return found;
}

/** Marks a method once more. */
export function mark(target: object, key: symbol, options: object): void {
  const before = (Reflect.getOwnMetadata(key, target) ?? []) as readonly object[];
  Reflect.defineMetadata(key, [...before, options], target);
}

function wrappers(discovery: DiscoveryService) {
  return discovery.getProviders() as {
    instance: unknown;
    isDependencyTreeStatic(): boolean;
  }[];
}

/** @throws TypeError naming both handlers where two have one name */
export function refuseTwice(found: readonly { readonly handler: string; readonly name: string }[], what: string): void {
  const known = new Map<string, string>();
  for (const { handler, name } of found) {
    const other = known.get(name);
    if (other !== undefined)
      throw new TypeError(`Two ${what}s have the name '${name}': ${other} and ${handler}. Each needs one of its own.`);
    known.set(name, handler);
  }
}
