import type { Database } from '../database/database.js';
import { DomainError } from '../problems/domain-error.js';
import { fromInstant, now } from '../runtime/instant.js';
import type { ChangeAuthor, ChangeLog } from './change-log.js';
import type { CrudEntity } from './crud.entity.js';
import type { EntitySql } from './entity.sql.js';

/** A soft-deleted row, by its place among them. */
export interface DeletedRow {
  readonly id: string;
  /** As the column has it. */
  readonly deleted_at: string;
}

/** Removes soft-deleted rows for good. What stays in the change log are facts: which row was changed when, by whom, and how. */
export class RowPurges<E extends CrudEntity> {
  private readonly table: string;

  constructor(
    private readonly database: Database,
    sql: EntitySql<E>,
    private readonly changes: ChangeLog,
  ) {
    this.table = sql.table;
  }

  /** In the transaction that is under way, which has locked the row. */
  async purge({ id, version, deleted_at }: E, by: ChangeAuthor): Promise<void> {
    const sql = `DELETE FROM \`${this.table}\` WHERE \`id\` = ? AND \`version\` = ? AND \`deleted_at\` IS NOT NULL`;
    if ((await this.database.execute(sql, [id, version])) === 0)
      throw new DomainError('precondition-failed', 'The row was changed by another request meanwhile.');
    await this.changes.forget(this.table, id);
    const after = { id, version: version + 1, updated_at: now(), deleted_at } as CrudEntity;
    await this.changes.record(this.table, [{ op: 'purged', before: null, after, by }]);
  }

  /** Rows that were deleted before an instant, the first of them first. @param last of those that were given before */
  old(instant: string, most: number, last?: DeletedRow): Promise<DeletedRow[]> {
    const from = last ?? { id: '', deleted_at: '1000-01-01 00:00:00.000' };
    const after = '(`deleted_at` > ? OR (`deleted_at` = ? AND `id` > ?))';
    const sql = `SELECT \`id\`, \`deleted_at\` FROM \`${this.table}\` WHERE \`deleted_at\` < ? AND ${after} ORDER BY \`deleted_at\`, \`id\` LIMIT ${most}`;
    return this.database.query<DeletedRow & Record<string, string>>(sql, [
      fromInstant(instant),
      from.deleted_at,
      from.deleted_at,
      from.id,
    ]);
  }

  /** Which of these ids other rows than themselves have in a column, soft-deleted ones too: they can be restored. */
  async namedIn(column: string, ids: readonly string[]): Promise<string[]> {
    const places = ids.map(() => '?').join(', ');
    const sql = `SELECT DISTINCT \`${column}\` AS \`id\` FROM \`${this.table}\` WHERE \`${column}\` IN (${places}) AND \`id\` <> \`${column}\``;
    return (await this.database.query<{ id: string }>(sql, ids)).map(({ id }) => id);
  }
}
