import type { OnModuleInit } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { CrudService } from './crud.service.js';
import { declarationOf, type PlinthModuleClass } from './plinth-module.js';

/** Refuses to start with a resource that is served, because another module imports its own, and has no migrations. */
export class ListedModules implements OnModuleInit {
  constructor(
    private readonly discovery: Pick<DiscoveryService, 'getProviders'>,
    private readonly listed: readonly PlinthModuleClass[],
  ) {}

  /** @throws TypeError naming the module */
  onModuleInit(): void {
    const resources = new Set(this.listed.map((module) => declarationOf(module).resource));
    for (const { instance, host } of this.discovery.getProviders()) {
      if (!(instance instanceof CrudService) || resources.has(instance.model.resource)) continue;
      const module = host?.metatype?.name ?? instance.constructor.name;
      throw new TypeError(
        `${module} serves '${instance.model.name}', and its migrations would not run: it needs @PlinthModule() and a line in src/modules/index.ts.`,
      );
    }
  }
}
