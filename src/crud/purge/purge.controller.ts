import { Controller, Param } from '@nestjs/common';
import { DomainError } from '../../problems/domain-error.js';
import { Context } from '../endpoints/context.decorator.js';
import { PurgeEndpoint } from '../endpoints/module.endpoints.js';
import type { EndpointContext } from '../endpoints/request-context.js';
import { ModuleRegistry } from '../module.registry.js';
import { Purges } from './purges.js';

/** `POST /api/{module}/{id}:purge`, the same for every module to the letter: one controller over all of them. */
@Controller()
export class PurgeController {
  constructor(
    private readonly registry: ModuleRegistry,
    private readonly purges: Purges,
  ) {}

  @PurgeEndpoint()
  async purge(
    @Param('module') module: string,
    @Param('id') id: string,
    @Context() context: EndpointContext,
  ): Promise<void> {
    if (!this.registry.has(module, 'remove')) throw new DomainError('route-not-found', `No ${module} is ever deleted.`);
    await this.purges.purge(context.endpoint.model, id, context);
  }
}
