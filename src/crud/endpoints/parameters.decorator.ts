import { createParamDecorator, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OwnParameters } from '../../fields/own-parameters.js';
import { DomainError, type ProblemItem } from '../../problems/domain-error.js';
import { unknownParameter } from './unknown-parameter.js';

const INDEX = Symbol('plinth:parameters');

/**
 * Query parameters of the handler's own: a class whose members have `@Field()`. They are checked before the handler, and
 * are in the reference; those of a list belong to its cursors.
 */
export function Parameters(): ParameterDecorator {
  return (target, key, index) => {
    Reflect.defineMetadata(INDEX, index, target, key!);
    Read(() => parametersOf(target, key!)!)(target, key, index);
  };
}

/** Undefined for a handler without. @throws TypeError for a class that can't be read from a query */
export function parametersOf(target: object, key: string | symbol): OwnParameters | undefined {
  const index = Reflect.getOwnMetadata(INDEX, target, key) as number | undefined;
  if (index === undefined) return undefined;
  const types = Reflect.getMetadata('design:paramtypes', target, key) as Type<object>[];
  return OwnParameters.of(types[index], `${target.constructor.name}.${String(key)}()`);
}

const Read = createParamDecorator((find: () => OwnParameters, execution): object => {
  const { context, query } = execution.switchToHttp().getRequest<FastifyRequest>();
  return context?.parameters ?? readAlone(find(), query as Record<string, unknown>);
});

/** For a route without an endpoint decorator, which has no other parameters. @throws DomainError `invalid-parameter` */
function readAlone(own: OwnParameters, query: Readonly<Record<string, unknown>>): object {
  const errors: ProblemItem[] = Object.keys(query)
    .filter((name) => !own.has(name))
    .map(unknownParameter);
  const values = own.read(query, errors);
  if (errors.length > 0) throw new DomainError('invalid-parameter', errors[0]!.detail, { errors });
  return values;
}
