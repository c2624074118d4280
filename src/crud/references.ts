import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { declaredFields } from '../fields/field.decorator.js';
import type { Field } from '../fields/field.js';
import { DomainError, type ProblemItem } from '../problems/domain-error.js';
import type { CrudEntity, EntityClass } from '../rows/crud.entity.js';
import { CrudRepository } from '../rows/crud.repository.js';
import type { RequestContext } from './endpoints/request-context.js';

type Members = Readonly<Record<string, unknown>>;
type AnyRepository = CrudRepository<CrudEntity>;

/** Looks whether the rows are there that `reference` fields name, in whichever module they are. */
@Injectable()
export class References implements OnModuleInit {
  private readonly repositories = new Map<object, AnyRepository>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws TypeError for a reference to a resource that the application does not have */
  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders() as { instance: unknown }[])
      if (instance instanceof CrudRepository)
        this.repositories.set((instance as AnyRepository).entity, instance as AnyRepository);
    for (const { entity } of this.repositories.values())
      for (const field of referencesOf(entity))
        if (!this.repositories.has(field.options.to!()))
          throw new TypeError(
            `${entity.name}.${field.name} refers to ${field.options.to!().name}, which is no module here.`,
          );
  }

  repositoryOf(resource: object): AnyRepository {
    return this.repositories.get(resource)!;
  }

  /** Which of these rows of a resource others refer to, those that are soft-deleted too. */
  async named(resource: object, ids: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (const { entity, purges } of this.repositories.values())
      for (const { name, options } of referencesOf(entity))
        if (options.to!() === resource) for (const id of await purges.namedIn(name, ids)) found.add(id);
    return found;
  }

  /**
   * A row that lives and that the caller may see. Only what changes is looked at; a row that is removed later stays named.
   * @throws DomainError `validation-failed`, with `unknown-reference` for each
   */
  async check(fields: readonly Field[], before: object | null, after: object, context: RequestContext): Promise<void> {
    const errors: ProblemItem[] = [];
    for (const { name, options } of fields) {
      const id = (after as Members)[name] as string | null;
      if (id === null || id === (before as Members | null)?.[name]) continue;
      const target = this.repositories.get(options.to!())!;
      const row = await target.find(id, context);
      if (row?.deleted_at === null) continue;
      errors.push({ code: 'unknown-reference', detail: `"${name}" names no ${target.table}.`, pointer: `#/${name}` });
    }
    if (errors.length === 0) return;
    const detail = errors.length === 1 ? errors[0]!.detail : `${errors.length} references name nothing.`;
    throw new DomainError('validation-failed', detail, { errors });
  }
}

/** Fields that name rows of other resources. */
export function referencesOf(entity: EntityClass): Field[] {
  return declaredFields(entity).filter(({ type }) => type === 'reference');
}
