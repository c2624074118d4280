import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DomainError } from '../problems/domain-error.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import type { EndpointKind } from './endpoints/endpoint.js';
import { findEndpoints, type FoundEndpoint } from './endpoints/found-endpoints.js';
import { CrudService } from './crud.service.js';

/** Names that the kernel has routes and scopes of. */
export const KERNEL_NAMES: ReadonlySet<string> = new Set([
  'api-key',
  'background',
  'changes',
  'docs',
  'health',
  'metrics',
  'privacy',
  'problems',
  'version',
]);

/** Every module that has a `CrudService`, by name: found, not listed, so that a module is a member by existing. */
@Injectable()
export class ModuleRegistry implements OnModuleInit {
  private readonly services = new Map<string, CrudService<CrudEntity>>();
  private endpoints: readonly FoundEndpoint[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws Error when two modules have one name: of their tables, rows and changes only one's would be seen */
  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders() as { instance: unknown }[]) {
      if (instance instanceof CrudService) {
        const service = instance as CrudService<CrudEntity>;
        const { name } = service.model;
        const other = this.services.get(name);
        if (KERNEL_NAMES.has(name) || (other && other !== service)) {
          const whose = other
            ? `${other.constructor.name} has it already`
            : 'the service itself has routes of that name';
          throw new Error(`${service.constructor.name} needs another name than '${name}': ${whose}.`);
        }
        this.services.set(name, service);
      }
    }
    this.endpoints = findEndpoints(this.discovery);
  }

  /** Whether the module has an endpoint of this kind: a controller may go without some. */
  has(name: string, kind: EndpointKind): boolean {
    return this.endpoints.some(({ path, endpoint }) => endpoint.kind === kind && path.split(/[/:]/)[2] === name);
  }

  all(): readonly CrudService<CrudEntity>[] {
    return [...this.services.values()];
  }

  find(name: string): CrudService<CrudEntity> | undefined {
    return this.services.get(name);
  }

  /** @throws DomainError `route-not-found` */
  get(name: string): CrudService<CrudEntity> {
    const service = this.find(name);
    if (!service) throw new DomainError('route-not-found', 'There is nothing at this path.');
    return service;
  }
}
