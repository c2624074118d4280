import { Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { BodyPipe } from './body.pipe.js';

/** Nest's key of an `@Body()` in the metadata of a handler: `3:{index}`. */
const BODY = '3:';

/**
 * Puts the `BodyPipe` before every `@Body()` of every controller, so that none is handed on unchecked. A global pipe would
 * do the same, and make every other parameter of every request wait for a promise as well.
 */
@Injectable()
export class BodyChecks {
  /** While the application is put together: routes are made after that. */
  constructor(discovery: DiscoveryService) {
    const pipe = new BodyPipe();
    for (const { metatype } of discovery.getControllers()) if (metatype) checkBodies(metatype as Type<unknown>, pipe);
  }
}

function checkBodies(controller: Type<unknown>, pipe: PipeTransform): void {
  for (const name of new MetadataScanner().getAllMethodNames(controller.prototype as object)) {
    const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<
      string,
      { pipes: unknown[] }
    >;
    for (const [key, parameter] of Object.entries(parameters)) {
      if (!key.startsWith(BODY) || parameter.pipes.some((one) => one instanceof BodyPipe)) continue;
      parameter.pipes.unshift(pipe);
    }
  }
}
