import { Injectable } from '@nestjs/common';
import { DomainError } from '../../problems/domain-error.js';
import type { ChangeAuthor } from '../../rows/change-log.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { CrudRepository } from '../../rows/crud.repository.js';
import { etagOf } from '../../rows/etag.js';
import type { DeletedRow } from '../../rows/row-purges.js';
import type { CrudModel } from '../crud.model.js';
import type { RequestContext } from '../endpoints/request-context.js';
import { References } from '../references.js';

/** The rows that are looked at together. */
const AT_ONCE = 50;

/** Removes soft-deleted rows for good: one that somebody asks for, and those that are old. No rule (`check`) is asked. */
@Injectable()
export class Purges {
  constructor(private readonly references: References) {}

  /** @throws DomainError `not-found`, `precondition-failed`, `not-deleted`, `still-referenced` */
  async purge({ name, resource }: CrudModel, id: string, context: RequestContext): Promise<void> {
    const repository = this.references.repositoryOf(resource);
    await repository.atomically(async () => {
      const row = await repository.lock(id, context);
      if (!row) throw new DomainError('not-found', `There is no ${name} with this id.`);
      context.checkPreconditions(etagOf(row));
      if (row.deleted_at === null)
        throw new DomainError('not-deleted', `This ${name} is not deleted: DELETE it before it is purged.`);
      if ((await this.references.named(resource, [id])).size > 0)
        throw new DomainError('still-referenced', `Other rows refer to this ${name}.`);
      await repository.purges.purge(row, context);
    }, context);
  }

  /**
   * Purges what was deleted before an instant, a row in a transaction. What is referred to stays.
   * @returns how many are gone
   */
  async purgeOld({ resource }: CrudModel, instant: string, by: ChangeAuthor, ending: AbortSignal): Promise<number> {
    const repository = this.references.repositoryOf(resource);
    let count = 0;
    for (let last: DeletedRow | undefined; !ending.aborted;) {
      const rows = await repository.purges.old(instant, AT_ONCE, last);
      last = rows.at(-1);
      if (!last) break;
      const ids = rows.map(({ id }) => id);
      const named = await this.references.named(resource, ids);
      for (const id of ids)
        if (!ending.aborted && !named.has(id)) count += await this.purgeDeleted(repository, id, instant, by);
    }
    return count;
  }

  /** Purges a row whatever row rules say. @returns 0 where it has come back meanwhile */
  private purgeDeleted(
    repository: CrudRepository<CrudEntity>,
    id: string,
    instant: string,
    by: ChangeAuthor,
  ): Promise<number> {
    return repository.atomically(async () => {
      const row = await repository.lockAny(id);
      if (row?.deleted_at == null || row.deleted_at >= instant) return 0;
      await repository.purges.purge(row, by);
      return 1;
    });
  }
}
