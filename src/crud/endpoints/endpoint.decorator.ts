import { applyDecorators, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { bodyCheckOf } from '../../fields/body-checks.js';
import { declareEndpoint, type Endpoint } from './endpoint.js';

/** A decorator that compiles only on a handler which returns what it documents. */
export type Handles<R> = <H extends (...args: never[]) => Promise<R>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<H>,
) => void;

/** The id in routes. It never holds a colon: that begins an action (`/{id}:restore`). */
export const ID = ':id([^:/]+)';

/** A caller needs the scope `{module}:read` or `{module}:write`. */
export function endpoint<R>(route: MethodDecorator, declared: Endpoint, offers?: readonly string[]): Handles<R> {
  const access = { verb: declared.writes ? 'write' : 'read' } as const;
  const config = RouteConfig({ access, endpoint: declared, ...(offers && { offers }) });
  return (target, key, descriptor) => {
    if (declared.writes) descriptor.value = asOneWrite(target, key, descriptor.value!);
    applyDecorators(route, config)(target, key, descriptor);
    declareEndpoint(descriptor.value!, declared);
  };
}

/** Runs the handler in one transaction where the request asks for that. The handler gets the request as one more argument. */
function asOneWrite<H extends (...args: never[]) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  handler: H,
): H {
  const { length } = Reflect.getMetadata('design:paramtypes', target, key) as unknown[];
  Req()(target, key, length);
  const checkBodies = bodyCheckOf(target, key);
  const write = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const { asOneWrite: run } = args[length] as FastifyRequest;
    checkBodies(args);
    const handle = () => handler.apply(this, args.slice(0, length) as never[]);
    return run ? run(handle) : handle();
  };
  // Metadata of decorators below this one stands on the handler.
  for (const name of Reflect.getMetadataKeys(handler) as string[])
    Reflect.defineMetadata(name, Reflect.getMetadata(name, handler), write);
  return Object.defineProperty(write, 'name', { value: handler.name }) as unknown as H;
}
