import { Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

type Handler = (...args: never[]) => Promise<unknown>;

/**
 * Wraps a handler, which gets the request as one argument more for that.
 * @param run decides what becomes of its arguments and of its answer
 */
export function around<H extends Handler>(
  target: object,
  key: string | symbol,
  handler: H,
  run: (request: FastifyRequest, args: unknown[], handle: () => Promise<unknown>) => Promise<unknown>,
): H {
  const { length } = Reflect.getMetadata('design:paramtypes', target, key) as unknown[];
  Req()(target, key, length);
  const wrapped = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const request = args[length] as FastifyRequest | undefined;
    const handle = () => handler.apply(this, args.slice(0, length) as never[]);
    // An override that calls it by `super` has no request to give, and is wrapped itself.
    return request ? run(request, args, handle) : handle();
  };
  // Declarations of the handler by decorators below this one.
  for (const name of Reflect.getMetadataKeys(handler) as string[])
    Reflect.defineMetadata(name, Reflect.getMetadata(name, handler), wrapped);
  return Object.defineProperty(wrapped, 'name', { value: handler.name }) as unknown as H;
}
