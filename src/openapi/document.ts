import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { OpenAPIV3_1 } from 'openapi-types';
import { Config } from '../config/config.js';
import { opsOf } from '../crud/batch/batch.request.js';
import type { CrudModel } from '../crud/crud.model.js';
import type { EndpointKind } from '../crud/endpoints/endpoint.js';
import { findEndpoints } from '../crud/endpoints/found-endpoints.js';
import { findOwnRoutes, type OwnRoute } from '../crud/endpoints/own-routes.js';
import { KERNEL_NAMES, ModuleRegistry } from '../crud/module.registry.js';
import { apiKeyPaths } from './api-key.operations.js';
import { BACKGROUND_SCHEMAS, backgroundPaths } from './background.operations.js';
import { auditOperation, operation } from './operations.js';
import { ownOperation } from './own-operations.js';
import { OwnSchemas } from './own-schemas.js';
import { SHARED_HEADERS, SHARED_PARAMETERS } from './parameters.js';
import { privacyResultOperation } from './privacy.operations.js';
import { problemSchemas, RATE_HEADERS, sharedResponses } from './problems.js';
import { moduleSchemas, SHARED_SCHEMAS } from './schemas.js';

const BEARER: OpenAPIV3_1.SecuritySchemeObject = {
  type: 'http',
  scheme: 'bearer',
  description:
    'An API key (`plinth_…`) or a JWT of the configured issuer. The scopes that a route needs are `{module}:read` or `{module}:write`; `*` stands for all. Where authentication is off, which only works on the machine itself, nothing is needed, and the document that the service gives says so.',
};

/** First parts of paths that are described by hand. */
const BY_HAND: ReadonlySet<string> = new Set([...KERNEL_NAMES].filter((name) => name !== 'privacy'));

/**
 * The OpenAPI 3.1 document: every endpoint of every module, from the endpoint decorators and the field contracts that
 * the service itself runs by.
 */
@Injectable()
export class ApiDocument {
  private built: OpenAPIV3_1.Document | undefined;

  constructor(
    private readonly registry: ModuleRegistry,
    private readonly discovery: DiscoveryService,
    private readonly config: Config,
  ) {}

  get(): OpenAPIV3_1.Document {
    return (this.built ??= this.build());
  }

  private build(): OpenAPIV3_1.Document {
    const models = this.registry.all().map(({ model }) => model);
    const common = {
      ...SHARED_SCHEMAS,
      ...BACKGROUND_SCHEMAS,
      ...problemSchemas(),
      ...Object.fromEntries(
        models.flatMap((model) => Object.entries(moduleSchemas(model, opsOf(this.registry, model.name)))),
      ),
    };
    const own = new OwnSchemas(new Set(Object.keys(common)));
    const routes = findOwnRoutes(this.discovery, BY_HAND);
    const paths = this.paths(models, routes, own);
    const kernel = ['changes', 'background', 'api-key'];
    const tags = new Set([...models.map(({ name }) => name), ...routes.map(({ tag }) => tag), ...kernel]);
    return {
      openapi: '3.1.0',
      info: {
        title: 'Plinth',
        version: '1',
        description:
          'Every failure is an `application/problem+json` body whose `type` leads to a [page that explains it](/problems).',
      },
      servers: [{ url: '/' }],
      tags: [...tags].map((name) => ({ name })),
      paths,
      components: {
        schemas: { ...common, ...own.all },
        parameters: SHARED_PARAMETERS,
        headers: SHARED_HEADERS,
        responses: sharedResponses(),
        securitySchemes: { bearer: BEARER },
      },
    };
  }

  private paths(
    models: readonly CrudModel[],
    routes: readonly OwnRoute[],
    schemas: OwnSchemas,
  ): OpenAPIV3_1.PathsObject {
    const paths: Record<string, Record<string, OpenAPIV3_1.OperationObject>> = {};
    const found = findEndpoints(this.discovery);
    for (const model of models) {
      const ops = opsOf(this.registry, model.name);
      const offered = { ops, has: (kind: EndpointKind) => this.registry.has(model.name, kind) };
      for (const { path, method, endpoint } of found) {
        // There is nothing to put into one.
        if (endpoint.kind === 'batch' && ops.length === 0) continue;
        if (endpoint.kind === 'purge' && !this.registry.has(model.name, 'remove')) continue;
        if (endpoint.kind === 'search' && !this.registry.has(model.name, 'list')) continue;
        const own = path.replace('{module}', model.name);
        if (!new RegExp(`^/api/${model.name}(?![a-z0-9-])`).test(own)) continue;
        const asked = this.registry.endpointFor(endpoint, model.name);
        (paths[own] ??= {})[method] = operation(asked, model, offered, schemas);
      }
    }
    for (const route of routes) (paths[route.path] ??= {})[route.method] = ownOperation(route, schemas);
    paths['/api/changes'] = { get: auditOperation() };
    paths['/api/privacy/operation/{id}/result'] = { get: privacyResultOperation() };
    Object.assign(paths, backgroundPaths(), apiKeyPaths());
    for (const operations of Object.values(paths)) for (const one of Object.values(operations)) this.complete(one);
    return paths;
  }

  /** Adds what is true of every operation, because access is decided before it. */
  private complete(operation: OpenAPIV3_1.OperationObject): void {
    const { keys, jwt } = this.config.access;
    // An empty one: also without any.
    if (!keys && !jwt && operation.security!.length > 0) operation.security!.push({});
    for (const one of Object.values(operation.responses!) as OpenAPIV3_1.ResponseObject[])
      if (!('$ref' in one)) one.headers = { ...one.headers, ...RATE_HEADERS };
  }
}
