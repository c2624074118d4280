import { Body, Controller, Param } from '@nestjs/common';
import type { MultiStatus } from '../endpoints/answer.js';
import { Context } from '../endpoints/context.decorator.js';
import { BatchEndpoint } from '../endpoints/endpoints.js';
import type { RequestContext } from '../endpoints/request-context.js';
import { ModuleRegistry } from '../module.registry.js';
import { BatchBody } from './batch.body.js';
import { OPS, parseBatch, type BatchOperation } from './batch.request.js';
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
    return this.batches.run(this.registry.get(module), parseBatch(body.value, this.operationsOf(module)), context);
  }

  /** Those that the module has a route for: a controller may go without some. */
  private operationsOf(module: string): readonly BatchOperation['op'][] {
    return OPS.filter((op) => this.registry.has(module, op === 'delete' ? 'remove' : op));
  }
}
