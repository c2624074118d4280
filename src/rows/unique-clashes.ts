import type { Database } from '../database/database.js';
import type { UniqueViolation } from '../database/sql-errors.js';
import { DomainError } from '../problems/domain-error.js';
import type { CrudEntity } from './crud.entity.js';
import type { EntitySql } from './entity.sql.js';
import type { FieldSet } from '../fields/field-set.js';
import type { Visibility } from './row-rule.js';

/**
 * The 409 for a unique constraint. It names only members that there are for the caller, and the row in the way only where
 * they may see it and would look for it in vain: where it is deleted.
 */
export class UniqueClashes<E extends CrudEntity> {
  constructor(
    private readonly database: Database,
    private readonly sql: EntitySql<E>,
    private readonly isRestorable: boolean,
  ) {}

  /**
   * @param row what was to be stored
   * @param known the fields that there are for the caller
   */
  async explain(
    cause: UniqueViolation,
    row: E | undefined,
    known: FieldSet,
    visibility: Visibility,
  ): Promise<DomainError> {
    const { table } = this.sql;
    const columns = this.sql.columnsOfUnique(cause);
    const members = columns.filter((name) => known.find(name));
    // A hidden column that is a part of it would be told about by the row that has the same in it.
    const isKnown = members.length > 0 && members.length === columns.length;
    const deleted = isKnown && row ? await this.deletedLike(row, columns, visibility) : null;
    const way = this.isRestorable && deleted ? `, which POST /api/${table}/${deleted.id}:restore brings back` : '';
    const by = deleted ? ` by a deleted ${table}${way}` : '';
    const errors = members.map((name) => ({
      code: 'not-unique',
      detail: `"${name}" is taken${by}.`,
      pointer: `#/${name}`,
    }));
    const detail = deleted
      ? `The ${members.join(' and ')} is taken${by}.`
      : `There is already a ${table} with this ${members.join(' and ') || 'key'}.`;
    return new DomainError('already-exists', detail, { errors, cause });
  }

  private async deletedLike(row: E, columns: readonly string[], visibility: Visibility): Promise<E | null> {
    const { sql, params } = this.sql.findLike(row, columns);
    const [found] = await this.database.query(sql, params);
    const other = found && this.sql.codec.decode(found);
    return other && other.deleted_at !== null && visibility.sees(other) ? other : null;
  }
}
