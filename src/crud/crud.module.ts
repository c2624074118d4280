import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BatchController } from './batch/batch.controller.js';
import { BatchService } from './batch/batch.service.js';
import { EndpointRunner } from './endpoints/endpoint.runner.js';
import { Exports } from './export/exports.js';
import { IdempotencyKeyEntity } from './idempotency/idempotency-key.entity.js';
import { IdempotencyPruner } from './idempotency/idempotency.pruner.js';
import { IdempotencyRepository } from './idempotency/idempotency.repository.js';
import { Idempotency } from './idempotency/idempotency.js';
import { ListedModules } from './listed-modules.js';
import type { PlinthModuleClass } from './plinth-module.js';
import { References } from './references.js';
import { ModuleRegistry } from './module.registry.js';

/** Services that every resource module inherits without naming them. */
@Global()
@Module({
  imports: [DiscoveryModule, TypeOrmModule.forFeature([IdempotencyKeyEntity])],
  controllers: [BatchController],
  providers: [
    ModuleRegistry,
    References,
    BatchService,
    Idempotency,
    IdempotencyRepository,
    IdempotencyPruner,
    EndpointRunner,
    Exports,
  ],
  exports: [Exports, Idempotency, ModuleRegistry, References],
})
export class CrudModule {
  /** @param listed all modules that have a resource */
  static forRoot(listed: readonly PlinthModuleClass[]): DynamicModule {
    const useFactory = (discovery: DiscoveryService) => new ListedModules(discovery, listed);
    return { module: CrudModule, providers: [{ provide: ListedModules, inject: [DiscoveryService], useFactory }] };
  }
}
