import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DomainError } from '../http/domain-error.js';
import type { CrudEntity } from './crud.entity.js';
import { CrudService } from './crud.service.js';
import type { CrudDto } from './dto/crud.dto.js';

/** Names that the kernel has routes and scopes of. */
const TAKEN = new Set(['api-key', 'changes', 'metrics']);

/** Every module that has a `CrudService`, by name: found, not listed, so that a module is a member by existing. */
@Injectable()
export class ModuleRegistry implements OnModuleInit {
  private readonly services = new Map<string, CrudService<CrudEntity, CrudDto>>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws Error when two modules have one name: of their tables, rows and changes only one's would be seen */
  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders() as { instance: unknown }[]) {
      if (instance instanceof CrudService) {
        const service = instance as CrudService<CrudEntity, CrudDto>;
        const { name } = service.model;
        const other = this.services.get(name);
        if (TAKEN.has(name) || (other && other !== service)) {
          const whose = other
            ? `${other.constructor.name} has it already`
            : 'the service itself has routes of that name';
          throw new Error(`${service.constructor.name} needs another name than '${name}': ${whose}.`);
        }
        this.services.set(name, service);
      }
    }
  }

  all(): readonly CrudService<CrudEntity, CrudDto>[] {
    return [...this.services.values()];
  }

  /** @throws DomainError `route-not-found` */
  get(name: string): CrudService<CrudEntity, CrudDto> {
    const service = this.services.get(name);
    if (!service) throw new DomainError('route-not-found', 'There is nothing at this path.');
    return service;
  }
}
