import { Controller, HttpCode, Param } from '@nestjs/common';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { Listing } from '../endpoints/answer.js';
import { Context } from '../endpoints/context.decorator.js';
import { SearchEndpoint } from '../endpoints/module.endpoints.js';
import type { EndpointContext } from '../endpoints/request-context.js';
import { ModuleRegistry } from '../module.registry.js';

/** `POST /api/{module}:search`: the module's list, whoever has overridden it, with its query in the body. */
@Controller()
export class SearchController {
  constructor(private readonly registry: ModuleRegistry) {}

  @SearchEndpoint()
  @HttpCode(200)
  search(@Param('module') module: string, @Context() context: EndpointContext): Promise<Listing<CrudEntity>> {
    return this.registry.listOf(module).call(context, context.parameters) as Promise<Listing<CrudEntity>>;
  }
}
