import { Inject } from '@nestjs/common';
import { getMetadataArgsStorage } from 'typeorm';
import type { ChangeOp } from '../changes/change.entity.js';
import { ChangeLog } from '../changes/change-log.js';
import type { Database } from '../database/database.js';
import type { SqlValue } from '../database/session.js';
import { UniqueViolation } from '../database/sql-errors.js';
import type { Caller } from '../http/caller.js';
import { DomainError } from '../http/domain-error.js';
import type { CrudEntity, EntityClass } from './crud.entity.js';
import { isId } from './dto/id.js';
import type { RequestContext } from './endpoints/request-context.js';
import type { ListQuery } from './query/list-query.js';
import { countSql, pageSql } from './query/list-sql.js';
import { EntitySql } from './entity.sql.js';
import { EVERY_ROW, RowRules, type RowRule, type Sight } from './row-rule.js';
import { uuidv7 } from './uuid.js';

/** The most rows that `count=true` counts; beyond it the answer is "at least". */
export const COUNT_LIMIT = 10_000;

/**
 * The rows of one table, by domain verbs. The only layer that knows SQL: TypeORM gives the model and the query builder,
 * the statements of the hot paths are built once from that model. Everything runs in the ambient transaction if there is
 * one.
 */
export abstract class CrudRepository<E extends CrudEntity> {
  readonly table: string;
  /** Injected as a property, so that a module's repository need not pass it on. */
  @Inject(ChangeLog)
  protected readonly changes!: ChangeLog;
  private builtSql?: EntitySql<E>;
  private builtRules?: RowRules;

  protected constructor(
    protected readonly database: Database,
    private readonly entity: EntityClass<E>,
  ) {
    const declared = getMetadataArgsStorage().tables.find((table) => table.target === entity);
    if (!declared?.name) throw new TypeError(`${entity.name} needs @Entity('name'), the module's name`);
    this.table = declared.name;
  }

  /** All in one transaction, or in the one that is under way. */
  atomically<T>(work: () => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  /** What the caller's rule lets them have. @throws TypeError for a rule that can't be applied: then nothing is shown */
  sightOf({ caller }: Pick<RequestContext, 'caller'>): Sight {
    return this.rules.sight(this.rowRule(caller));
  }

  /** The row, soft-deleted ones included, as of a moment after the call; null also where the caller may not see it. */
  async find(id: string, context: RequestContext): Promise<E | null> {
    if (!isId(id)) return null;
    return this.visible(await this.one(this.sql.find, [id]), context);
  }

  /** As `find`, and nobody else changes the row until the transaction ends. */
  async lock(id: string, context: RequestContext): Promise<E | null> {
    if (!isId(id)) return null;
    return this.visible(await this.one(this.sql.lock, [id]), context);
  }

  /** Up to `limit + 1` rows: the one too many tells that there is a next page. */
  async page(query: ListQuery, context: RequestContext): Promise<E[]> {
    const { sql, params } = pageSql(this.table, query, this.sightOf(context).sql);
    const rows = await this.database.query(sql, params);
    return rows.map((row) => this.sql.codec.decode(row));
  }

  async count(query: ListQuery, context: RequestContext): Promise<{ total: number } | { total_at_least: number }> {
    const { sql, params } = countSql(this.table, query, COUNT_LIMIT, this.sightOf(context).sql);
    const [row] = await this.database.query<{ total: number }>(sql, params);
    const total = row?.total ?? 0;
    return total > COUNT_LIMIT ? { total_at_least: COUNT_LIMIT } : { total };
  }

  /** A new row in memory, with what the kernel gives it: id, times, first version. */
  make(members: Partial<E>): E {
    const now = new Date().toISOString();
    const system = { created_at: now, updated_at: now, deleted_at: null, version: 1 };
    return { ...members, id: members.id ?? uuidv7(), ...system } as E;
  }

  /**
   * @throws DomainError `already-exists` decided by the database's unique constraints, never by a look first;
   * `forbidden` for a row that the caller could not see
   */
  async insert(row: E, context: RequestContext): Promise<void> {
    this.refuseOutOfSight(row, context);
    await this.database.transaction(async () => {
      await this.guardUnique(() => this.database.execute(this.sql.insert, this.sql.insertParams(row)));
      await this.changes.record({ module: this.table, op: 'created', before: null, after: row }, context);
    });
  }

  /** Compared by version and swapped. An `after` that equals `before` writes nothing, and `before` is given back. */
  async update(before: E, after: E, context: RequestContext): Promise<E> {
    if (this.sql.isSame(before, after)) return before;
    return this.swap(before, after, 'updated', context);
  }

  async remove(before: E, context: RequestContext): Promise<void> {
    await this.swap(before, { ...before, deleted_at: new Date().toISOString() }, 'deleted', context);
  }

  async restore(before: E, context: RequestContext): Promise<E> {
    return this.swap(before, { ...before, deleted_at: null }, 'restored', context);
  }

  /** A new life of a soft-deleted row; its version goes on, so that no entity tag of the old life is met again. */
  async revive(before: E, row: E, context: RequestContext): Promise<E> {
    return this.swap(before, row, 'created', context);
  }

  /**
   * Which rows there are for a caller; every row unless a module says otherwise. It holds for every way in: reading,
   * lists, counts, streams, writes, batches, watching, history and replayed answers.
   */
  protected rowRule(_caller: Caller): RowRule {
    return EVERY_ROW;
  }

  protected get sql(): EntitySql<E> {
    return (this.builtSql ??= new EntitySql<E>(this.database.modelOf(this.entity)));
  }

  private get rules(): RowRules {
    return (this.builtRules ??= new RowRules(this.database.modelOf(this.entity)));
  }

  private visible(row: E | null, context: RequestContext): E | null {
    return row && this.sightOf(context).sees(row) ? row : null;
  }

  /** Nobody may make a row, or make one into another, that they could not see afterwards. */
  private refuseOutOfSight(row: E, context: RequestContext): void {
    if (!this.sightOf(context).sees(row))
      throw new DomainError('forbidden', `You may not have a ${this.table} like this.`);
  }

  private async one(sql: string, params: SqlValue[]): Promise<E | null> {
    const [row] = await this.database.query(sql, params);
    return row ? this.sql.codec.decode(row) : null;
  }

  private async swap(before: E, after: E, op: ChangeOp, context: RequestContext): Promise<E> {
    const row = { ...after, version: before.version + 1, updated_at: new Date().toISOString() };
    this.refuseOutOfSight(row, context);
    await this.database.transaction(async () => {
      const changed = await this.guardUnique(() =>
        this.database.execute(this.sql.update, this.sql.updateParams(row, before)),
      );
      if (changed === 0)
        throw new DomainError('precondition-failed', 'The row was changed by another request meanwhile.');
      await this.changes.record({ module: this.table, op, before, after: row }, context);
    });
    return row;
  }

  private async guardUnique<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
      const members = this.sql.membersOfUnique(error);
      const errors = members.map((name) => ({
        code: 'not-unique',
        detail: `"${name}" is taken.`,
        pointer: `#/${name}`,
      }));
      const detail = `There is already a ${this.table} with this ${members.join(' and ') || 'key'}.`;
      throw new DomainError('already-exists', detail, { errors, cause: error });
    }
  }
}
