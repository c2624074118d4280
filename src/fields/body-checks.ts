import { Injectable, type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { BodyPipe } from './body.pipe.js';

/** Nest's key of an `@Body()` in the metadata of a handler: `3:{index}`. */
const BODY = '3:';

interface Parameter {
  readonly index: number;
  /** The member of the body that is asked for. */
  readonly data?: unknown;
  readonly pipes: unknown[];
  /** Set by `bodyCheckOf`. */
  isChecked?: true;
}

const pipe = new BodyPipe();

/**
 * Puts the `BodyPipe` before every `@Body()` of every controller that is not checked yet, so that none is handed on
 * unchecked. A global pipe would do the same, and make every other parameter of every request wait for a promise as well.
 */
@Injectable()
export class BodyChecks {
  /**
   * While the application is put together: routes are made after that.
   * @throws TypeError for a body that could not be checked
   */
  constructor(discovery: DiscoveryService) {
    for (const { metatype } of discovery.getControllers()) if (metatype) checkBodies(metatype as Type<unknown>);
  }
}

function checkBodies(controller: Type<unknown>): void {
  for (const name of new MetadataScanner().getAllMethodNames(controller.prototype as object)) {
    const types = (Reflect.getMetadata('design:paramtypes', controller.prototype as object, name) ??
      []) as Type<unknown>[];
    for (const { index, isChecked, pipes } of bodiesOf(controller, name)) {
      pipe.prepare(types[index], `${controller.name}.${name}()`);
      if (!isChecked && !pipes.includes(pipe)) pipes.unshift(pipe);
    }
  }
}

/**
 * Checks the bodies among a handler's arguments, in place: for decorators that wrap the handler anyway, sooner than a
 * pipe, for which Nest makes each request wait for five promises.
 */
export function bodyCheckOf(target: object, key: string | symbol): (args: unknown[]) => void {
  const types = Reflect.getMetadata('design:paramtypes', target, key) as Type<unknown>[];
  // Others want to see the body first, or a part of it.
  const own = bodiesOf(target.constructor, key).filter(({ data, pipes }) => data === undefined && pipes.length === 0);
  for (const parameter of own) parameter.isChecked = true;
  const bodies = own.map(({ index }) => ({ index, metadata: { type: 'body', metatype: types[index] } as const }));
  return (args) => {
    for (const { index, metadata } of bodies) args[index] = pipe.transform(args[index], metadata);
  };
}

/** The class of the whole body; undefined for a handler without. */
export function bodyClassOf(target: object, key: string | symbol): Type<unknown> | undefined {
  const types = (Reflect.getMetadata('design:paramtypes', target, key) ?? []) as Type<unknown>[];
  const whole = bodiesOf(target.constructor, key).find(({ data }) => data === undefined);
  return whole && types[whole.index];
}

function bodiesOf(controller: object, name: string | symbol): Parameter[] {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) as
    Record<string, Parameter> | undefined;
  return Object.entries(parameters ?? {}).flatMap(([key, parameter]) => (key.startsWith(BODY) ? [parameter] : []));
}
