import { createParamDecorator, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OwnParameters } from '../../fields/own-parameters.js';

const INDEX = Symbol('plinth:parameters');

/**
 * Query parameters of the handler's own: a class whose members have `@Field()`. They are checked before the handler, and
 * are in the reference; those of a list belong to its cursors.
 */
export function Parameters(): ParameterDecorator {
  return (target, key, index) => {
    Reflect.defineMetadata(INDEX, index, target, key!);
    Read()(target, key, index);
  };
}

/** Undefined for a handler without. @throws TypeError for a class that can't be read from a query */
export function parametersOf(target: object, key: string | symbol): OwnParameters | undefined {
  const index = Reflect.getOwnMetadata(INDEX, target, key) as number | undefined;
  if (index === undefined) return undefined;
  const types = Reflect.getMetadata('design:paramtypes', target, key) as Type<object>[];
  return OwnParameters.of(types[index], `${target.constructor.name}.${String(key)}()`);
}

const Read = createParamDecorator(
  (_data: unknown, execution) => execution.switchToHttp().getRequest<FastifyRequest>().context.parameters,
);
