import { applyDecorators, Controller, SetMetadata } from '@nestjs/common';
import { MetadataScanner, type DiscoveryService } from '@nestjs/core';

const IS_ROOT = 'plinth:root-controller';

/** A controller of pages, probes or metrics: its path is not under `/api`. */
export function RootController(path = '/'): ClassDecorator {
  return applyDecorators(Controller(path), SetMetadata(IS_ROOT, true));
}

/** The paths of all these controllers, for the global prefix to leave out. */
export function rootPaths(discovery: DiscoveryService): string[] {
  const scanner = new MetadataScanner();
  return discovery.getControllers().flatMap(({ metatype }) => {
    if (!metatype || !Reflect.getMetadata(IS_ROOT, metatype)) return [];
    const prototype = metatype.prototype as Record<string, object>;
    return scanner
      .getAllMethodNames(prototype)
      .map((name) => Reflect.getMetadata('path', prototype[name]!) as string | undefined)
      .filter((path) => path !== undefined)
      .map((path) => [String(Reflect.getMetadata('path', metatype)), path].join('/').replaceAll(/\/{2,}/g, '/'));
  });
}
