import { RequestMethod, type Type } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, type DiscoveryService } from '@nestjs/core';
import { bodyClassOf } from '../../fields/body-checks.js';
import type { OwnParameters } from '../../fields/own-parameters.js';
import type { RouteAccess } from '../../http/fastify-types.js';
import { routeConfigOf } from '../../http/scope.decorator.js';
import { ownAnswerOf, type OwnAnswer } from './answer.decorator.js';
import { endpointOf } from './endpoint.js';
import { METHODS, pathOf } from './found-endpoints.js';
import { parametersOf } from './parameters.decorator.js';

/** A route of a module's own: Nest's decorators, `@Scope()` or `@Public()`, and `@Answer()` if it has one. */
export interface OwnRoute {
  /** The first part of its path. */
  readonly tag: string;
  /** The handler's. */
  readonly name: string;
  readonly path: string;
  readonly method: (typeof METHODS)[number];
  readonly access: RouteAccess;
  readonly offers: readonly string[] | undefined;
  readonly body: Type<unknown> | undefined;
  readonly parameters: OwnParameters | undefined;
  readonly answer: OwnAnswer | undefined;
  readonly status: number;
}

/** Every handler that says its access and is no endpoint. @param without first parts of paths that are documented elsewhere */
export function findOwnRoutes(discovery: DiscoveryService, without: ReadonlySet<string>): OwnRoute[] {
  const scanner = new MetadataScanner();
  return discovery.getControllers().flatMap(({ metatype }) => {
    const prototype = metatype?.prototype as Record<string, object> | undefined;
    if (!metatype || !prototype) return [];
    const base = String(Reflect.getMetadata(PATH_METADATA, metatype));
    return scanner.getAllMethodNames(prototype).flatMap((name): OwnRoute[] => {
      const handler = prototype[name]!;
      const config = routeConfigOf(handler);
      const verb = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
      if (!config?.access || verb === undefined || endpointOf(handler)) return [];
      const path = pathOf(base, String(Reflect.getMetadata(PATH_METADATA, handler)));
      const tag = path.split('/')[2]!;
      const method = METHODS[verb];
      if (without.has(tag) || !method) return [];
      const status =
        (Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined) ?? (method === 'post' ? 201 : 200);
      const { access, offers } = config;
      const body = bodyClassOf(prototype, name);
      const answer = ownAnswerOf(handler);
      return [
        { tag, name, path, method, access, offers, body, parameters: parametersOf(prototype, name), answer, status },
      ];
    });
  });
}
