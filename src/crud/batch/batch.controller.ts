import { Body, Controller, Param } from '@nestjs/common';
import { DomainError } from '../../problems/domain-error.js';
import type { MultiStatus } from '../endpoints/answer.js';
import { Context } from '../endpoints/context.decorator.js';
import { BatchEndpoint } from '../endpoints/module.endpoints.js';
import type { RequestContext } from '../endpoints/request-context.js';
import { ModuleRegistry } from '../module.registry.js';
import { BatchBody } from './batch.body.js';
import { opsOf, parseBatch } from './batch.request.js';
import { BatchService } from './batch.service.js';

/** `POST /api/{module}:batch`, the same for every module to the letter: one controller over all of them. */
@Controller()
export class BatchController {
  constructor(
    private readonly registry: ModuleRegistry,
    private readonly batches: BatchService,
  ) {}

  @BatchEndpoint()
  run(
    @Param('module') module: string,
    @Body() body: BatchBody,
    @Context() context: RequestContext,
  ): Promise<object[] | MultiStatus> {
    const ops = opsOf(this.registry, module);
    if (ops.length === 0) throw new DomainError('route-not-found', `There are no batches of ${module}.`);
    return this.batches.run(this.registry.get(module), parseBatch(body.value, ops), context);
  }
}
