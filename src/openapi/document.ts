import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { OpenAPIV3_1 } from 'openapi-types';
import type { CrudModel } from '../crud/crud.model.js';
import { findEndpoints } from '../crud/endpoints/found-endpoints.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import { apiKeyPaths } from './api-key.operations.js';
import { auditOperation, operation } from './operations.js';
import { SHARED_HEADERS, SHARED_PARAMETERS } from './parameters.js';
import { moduleSchemas, SHARED_SCHEMAS } from './schemas.js';

const BEARER: OpenAPIV3_1.SecuritySchemeObject = {
  type: 'http',
  scheme: 'bearer',
  description:
    'An API key (`plinth_…`) or a JWT of the configured issuer. The scopes that a route needs are `{module}:read` or `{module}:write`; `*` stands for all. Where authentication is off, which only works on the machine itself, nothing is needed.',
};

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
  ) {}

  get(): OpenAPIV3_1.Document {
    return (this.built ??= this.build());
  }

  private build(): OpenAPIV3_1.Document {
    const models = this.registry.all().map(({ model }) => model);
    return {
      openapi: '3.1.0',
      info: {
        title: 'Plinth',
        version: '1',
        description:
          'Every failure is an `application/problem+json` body whose `type` leads to a [page that explains it](/problems).',
      },
      servers: [{ url: '/' }],
      tags: [...models.map(({ name }) => ({ name })), { name: 'changes' }, { name: 'api-key' }],
      paths: this.paths(models),
      components: {
        schemas: {
          ...SHARED_SCHEMAS,
          ...Object.fromEntries(models.flatMap((model) => Object.entries(moduleSchemas(model)))),
        },
        parameters: SHARED_PARAMETERS,
        headers: SHARED_HEADERS,
        securitySchemes: { bearer: BEARER },
      },
    };
  }

  private paths(models: readonly CrudModel[]): OpenAPIV3_1.PathsObject {
    const paths: Record<string, Record<string, OpenAPIV3_1.OperationObject>> = {};
    const found = findEndpoints(this.discovery);
    for (const model of models) {
      for (const { path, method, endpoint } of found) {
        const own = path.replace('{module}', model.name);
        if (!new RegExp(`^/api/${model.name}(?![a-z0-9-])`).test(own)) continue;
        (paths[own] ??= {})[method] = operation(endpoint, model);
      }
    }
    paths['/api/changes'] = { get: auditOperation() };
    Object.assign(paths, apiKeyPaths());
    return paths;
  }
}
