import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig } from 'fastify';
import { bodyCheckOf, bodyClassOf } from '../../fields/body-checks.js';
import { around } from './around.js';
import { readersOf } from './format.js';
import { declareEndpoint, verbOf, type Endpoint } from './endpoint.js';
import { checkAnswer } from './own-answer.js';
import { parametersOf } from './parameters.decorator.js';

/** A decorator that compiles only on a handler which returns what it documents. */
export type Handles<R> = <H extends (...args: never[]) => Promise<R>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<H>,
) => void;

/** The id in routes. It never holds a colon: that begins an action (`/{id}:restore`). */
export const ID = ':id([^:/]+)';

/**
 * A caller needs the scope `{module}:read` or `{module}:write`.
 * @param more about the route
 */
export function endpoint<R>(route: MethodDecorator, declared: Endpoint, more: FastifyContextConfig = {}): Handles<R> {
  const access = { verb: verbOf(declared) };
  return (target, key, descriptor) => {
    const where = `${target.constructor.name}.${String(key)}()`;
    if (declared.answer) checkAnswer(declared.answer, where);
    const own = { parameters: parametersOf(target, key), body: bodyClassOf(target, key) };
    refuseTaken(declared, own, where);
    const found = { ...declared, ...own };
    const readers = declared.writes && declared.formats ? readersOf(declared.formats) : undefined;
    const config = RouteConfig({ access, endpoint: found, ...more, ...(readers && { readers }) });
    if (declared.writes) descriptor.value = asOneWrite(target, key, descriptor.value!);
    applyDecorators(route, config)(target, key, descriptor);
    declareEndpoint(descriptor.value!, found);
  };
}

const TAKEN = ['id', 'fields', 'dry_run', 'limit', 'cursor', 'sort', 'count', 'include_deleted', 'filter'];

function refuseTaken({ kind }: Endpoint, { parameters }: Pick<Endpoint, 'parameters'>, where: string): void {
  const taken = parameters && TAKEN.find((name) => parameters.has(name));
  if (taken)
    throw new TypeError(`${where} has a parameter "${taken}", which is one of the kernel's: name it otherwise.`);
  if (parameters && (kind === 'watch' || kind === 'history' || kind === 'batch'))
    throw new TypeError(`${where} can't have parameters of its own.`);
}

/** Whatever the handler does is one transaction where the request asks for that. */
function asOneWrite<H extends (...args: never[]) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  handler: H,
): H {
  const checkBodies = bodyCheckOf(target, key);
  return around(target, key, handler, ({ asOneWrite: run }, args, handle) => {
    checkBodies(args);
    return run ? run(handle) : handle();
  });
}
