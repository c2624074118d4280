import { Injectable } from '@nestjs/common';
import { CrudService, ModuleRegistry, type Representation, type RequestContext } from 'plinth';
import type { Specification } from './specification.entity.js';
import type { Phase } from './specification.fields.js';
import { DOCUMENT } from './specification.outline.js';
import { SpecificationRepository } from './specification.repository.js';
import { checkComplete, checkResources, phaseAfter, phaseReopened } from './specification.rules.js';

@Injectable()
export class SpecificationService extends CrudService<Specification> {
  constructor(
    specifications: SpecificationRepository,
    private readonly modules: ModuleRegistry,
  ) {
    super(specifications);
  }

  /** `POST /api/specification/{id}:advance` */
  advance(id: string, context: RequestContext): Promise<Representation<Specification>> {
    return this.move(id, phaseAfter, context);
  }

  /** `POST /api/specification/{id}:reopen` */
  reopen(id: string, context: RequestContext): Promise<Representation<Specification>> {
    return this.move(id, phaseReopened, context);
  }

  // #region names
  protected override check(before: Specification | null, after: Specification | null): void {
    if (!after) return;
    const isModule = (name: string): boolean => this.modules.find(name) !== undefined;
    checkResources(after.resources, before?.resources ?? [], isModule);
    DOCUMENT.check(after, before);
    checkComplete(after);
  }
  // #endregion

  private async move(
    id: string,
    phaseOf: (specification: Specification) => Phase,
    context: RequestContext,
  ): Promise<Representation<Specification>> {
    const after = (specification: Specification) => ({ ...specification, status: phaseOf(specification) });
    return this.represent(await this.edit(id, 'updated', after, context), context);
  }
}
