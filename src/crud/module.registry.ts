import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DomainError } from '../http/domain-error.js';
import type { CrudEntity } from './crud.entity.js';
import type { EndpointKind } from './endpoints/endpoint.js';
import { findEndpoints, type FoundEndpoint } from './endpoints/found-endpoints.js';
import { CrudService } from './crud.service.js';

/** Every module that has a `CrudService`, by name: found, not listed, so that a module is a member by existing. */
@Injectable()
export class ModuleRegistry implements OnModuleInit {
  private readonly services = new Map<string, CrudService<CrudEntity>>();
  private endpoints: readonly FoundEndpoint[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders() as { instance: unknown }[]) {
      if (instance instanceof CrudService) {
        const service = instance as CrudService<CrudEntity>;
        this.services.set(service.model.name, service);
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

  /** @throws DomainError `route-not-found` */
  get(name: string): CrudService<CrudEntity> {
    const service = this.services.get(name);
    if (!service) throw new DomainError('route-not-found', 'There is nothing at this path.');
    return service;
  }
}
