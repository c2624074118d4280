import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DomainError } from '../problems/domain-error.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import { CrudRepository } from '../rows/crud.repository.js';
import type { Endpoint, EndpointKind, ModuleEndpoint } from './endpoints/endpoint.js';
import { findEndpoints, type FoundEndpoint } from './endpoints/found-endpoints.js';
import type { Format } from './endpoints/format.js';
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
    for (const { instance } of this.discovery.getProviders() as { instance: unknown }[])
      if (instance instanceof CrudRepository) instance.isRestorable = this.has(instance.table, 'restore');
  }

  /** Whether the module has an endpoint of this kind: a controller may go without some. */
  has(name: string, kind: EndpointKind): boolean {
    return this.endpoint(name, kind) !== undefined;
  }

  /** Reads files that end so, where its PUT takes such a body; undefined where it takes none. */
  readerOf(name: string, extension: string): Format['read'] {
    const { formats = [] } = this.endpoint(name, 'replace') ?? {};
    return formats.find((format) => format.extension === extension)?.read;
  }

  /** The module's list, as its controller has it. @throws DomainError `route-not-found` where it goes without */
  listOf(name: string): FoundEndpoint {
    const found = this.findEndpoint(name, 'list');
    if (!found) throw new DomainError('route-not-found', `There is no list of ${name}.`);
    return found;
  }

  /** An endpoint, of one of the modules that have it. A search has the parameters that the module's list has. */
  endpointFor(endpoint: Endpoint, name: string): ModuleEndpoint {
    const ofList = endpoint.kind === 'search' && { parameters: this.listOf(name).endpoint.parameters };
    return { ...endpoint, ...ofList, model: this.get(name).model };
  }

  /** The declaration of the module's first endpoint of this kind. */
  endpoint(name: string, kind: EndpointKind): Endpoint | undefined {
    return this.findEndpoint(name, kind)?.endpoint;
  }

  private findEndpoint(name: string, kind: EndpointKind): FoundEndpoint | undefined {
    return this.endpoints.find(({ path, endpoint }) => endpoint.kind === kind && path.split(/[/:]/)[2] === name);
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
