import { Inject } from '@nestjs/common';
import type { ChangeOp } from './change.entity.js';
import { ChangeLog } from './change-log.js';
import { Config } from '../config/config.js';
import type { Database } from '../database/database.js';
import { now } from '../runtime/instant.js';
import { UniqueViolation } from '../database/sql-errors.js';
import type { Caller } from '../access/caller.js';
import { DomainError } from '../problems/domain-error.js';
import { nameOf, type CrudEntity, type EntityClass } from './crud.entity.js';
import { fieldsOf } from '../fields/declared-fields.js';
import { isId } from '../fields/id.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import type { Condition } from '../query/condition.js';
import type { ListQuery, Part } from '../query/list-query.js';
import { ListReads } from '../query/list-reads.js';
import { EntitySql } from './entity.sql.js';
import { everyRule, EVERY_ROW, RowRules, type RowRule, type Visibility } from './row-rule.js';
import { RowChanges } from './row-changes.js';
import { CompanionTaken, RowCreates, type Companion } from './row-creates.js';
import { RowPurges } from './row-purges.js';
import { RowReads } from './row-reads.js';
import { UniqueClashes } from './unique-clashes.js';
import { uuidv7 } from '../runtime/uuid.js';

/** The parts of a repository, made once TypeORM knows the table. */
interface Built<E extends CrudEntity> {
  readonly sql: EntitySql<E>;
  readonly rules: RowRules;
  readonly reads: RowReads<E>;
  readonly lists: ListReads<E>;
  readonly creates: RowCreates<E>;
  readonly changes: RowChanges<E>;
  readonly clashes: UniqueClashes<E>;
  readonly purges: RowPurges<E>;
}

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
  @Inject(Config)
  private readonly config!: Config;
  /** Whether the module has a route that restores rows, which a problem may lead to. */
  isRestorable = true;
  private built?: Built<E>;

  protected constructor(
    protected readonly database: Database,
    readonly entity: EntityClass<E>,
  ) {
    this.table = nameOf(entity);
  }

  /** Runs `work` in one transaction, or in the one that is under way. */
  atomically<T>(work: () => Promise<T>, { since }: Partial<Pick<RequestContext, 'since'>> = {}): Promise<T> {
    return this.database.transaction(work, { since });
  }

  /**
   * The rows that the caller's rule lets them have.
   * @throws TypeError for a rule that can't be applied: then nothing is shown
   */
  visibilityOf({ caller }: Pick<RequestContext, 'caller'>): Visibility {
    return this.parts.rules.visibility(this.rowRule(caller));
  }

  /** The row, soft-deleted ones included, as of a moment after the call; null also where the caller may not see it. */
  find(id: string, context: RequestContext): Promise<E | null> {
    if (!isId(id)) return Promise.resolve(null);
    const found = this.parts.reads.find(id);
    return this.hasRule ? found.then((row) => this.visible(row, context)) : found;
  }

  /** As `find`, and nobody else changes the row until the transaction ends. */
  async lock(id: string, context: RequestContext): Promise<E | null> {
    if (!isId(id)) return null;
    return this.visible(await this.parts.reads.lock(id), context);
  }

  /** As `lock`, whoever may see the row: for work that no caller asks for. */
  async lockAny(id: string): Promise<E | null> {
    return this.parts.reads.lock(id);
  }

  /** The end of rows that are soft-deleted. */
  get purges(): RowPurges<E> {
    return this.parts.purges;
  }

  /** Locks rows before several of them are changed in one transaction: then no two of those can wait for each other's rows. */
  async lockInOrder(ids: readonly string[]): Promise<void> {
    const known = ids.filter(isId);
    if (known.length > 1) await this.parts.reads.lockInOrder(known);
  }

  /** Up to `limit` rows; fewer where they have more bytes than one page may have. */
  page(query: ListQuery, context: RequestContext, only: RowRule = EVERY_ROW): Promise<Part<E>> {
    return this.parts.lists.page(query, context.caller.id, this.conditionFor(context, only));
  }

  async count(
    query: ListQuery,
    context: RequestContext,
    only: RowRule = EVERY_ROW,
  ): Promise<{ total: number } | { total_at_least: number }> {
    return this.parts.lists.count(query, context.caller.id, this.conditionFor(context, only));
  }

  /** A new row in memory, with what the kernel gives it: id, times, first version. */
  make(members: Partial<E>): E {
    const at = now();
    const system = { created_at: at, updated_at: at, deleted_at: null, version: 1 };
    return { ...members, id: members.id ?? uuidv7(), ...system } as E;
  }

  /**
   * @throws DomainError `already-exists` decided by the database's unique constraints, never by a look first;
   * `forbidden` for a row that the caller could not see
   * @throws CompanionTaken, and nothing is stored, where somebody else has stored the companion
   */
  async insert(row: E, context: RequestContext, companion?: Companion): Promise<void> {
    this.refuseUnfit(row, context);
    const creation = { row, by: context, since: context.since ?? performance.now(), companion };
    const write = () => this.parts.creates.insert(creation);
    if (!(await this.guardUnique(() => row, context, write))) throw new CompanionTaken();
  }

  /**
   * Changes the row: `apply` says what it shall be, given what it is, which nobody else changes until that is stored. An
   * answer that equals the row writes nothing.
   * @param apply gets null where there is no row that the caller may see, and throws then; without waiting for anything,
   * and more than once where the transaction has to be run again
   */
  async edit(
    id: string,
    op: 'updated' | 'deleted' | 'restored',
    apply: (before: E | null) => E,
    context: RequestContext,
  ): Promise<E> {
    if (!isId(id)) return apply(null);
    const { changes, sql } = this.parts;
    let written: E | undefined;
    const edited = (row: E | null): E => {
      const before = this.visible(row, context);
      const after = apply(before);
      if (before === null || sql.isSame(before, after)) return before ?? after;
      this.refuseUnfit(after, context);
      return (written = after);
    };
    return this.guardUnique(
      () => written,
      context,
      () => changes.edit({ id, op, by: context, apply: edited }),
    );
  }

  /** Updates a row that was locked. An `after` that equals `before` writes nothing, and `before` is given back. */
  async update(before: E, after: E, context: RequestContext, op: ChangeOp = 'updated'): Promise<E> {
    if (this.sql.isSame(before, after)) return before;
    return this.swap(before, after, op, context);
  }

  /** A new life of a soft-deleted row; its version goes on, so that no entity tag of the old life is met again. */
  async revive(before: E, row: E, context: RequestContext): Promise<E> {
    return this.swap(before, row, 'created', context);
  }

  /**
   * The rows that there are for a caller: every row unless a module says otherwise. It holds for every way in: reading,
   * lists, counts, streams, writes, batches, watching, history and replayed answers.
   */
  protected rowRule(_caller: Caller): RowRule {
    return EVERY_ROW;
  }

  protected get sql(): EntitySql<E> {
    return this.parts.sql;
  }

  /** Made when they are needed first: the model is only there once the database is. */
  private get parts(): Built<E> {
    if (this.built) return this.built;
    const { database, changes } = this;
    const { coalesceReads, groupWrites } = this.config.database;
    const model = database.modelOf(this.entity);
    const sql = new EntitySql<E>(model);
    const { pageBytes } = this.config.http;
    const reads = new RowReads(database, sql, coalesceReads, pageBytes);
    return (this.built = {
      sql,
      rules: new RowRules(model),
      reads,
      lists: new ListReads(database, sql, pageBytes),
      creates: new RowCreates(database, sql, changes, groupWrites),
      changes: new RowChanges(database, sql, reads, changes, groupWrites),
      clashes: new UniqueClashes(database, sql, this.isRestorable),
      purges: new RowPurges(database, sql, changes),
    });
  }

  private conditionFor(context: RequestContext, only: RowRule): Condition | undefined {
    if (only === EVERY_ROW) return this.visibilityOf(context).condition;
    return this.parts.rules.visibility(everyRule(this.rowRule(context.caller), only)).condition;
  }

  private get hasRule(): boolean {
    return this.rowRule !== CrudRepository.prototype.rowRule;
  }

  private visible(row: E | null, context: RequestContext): E | null {
    return row && this.visibilityOf(context).sees(row) ? row : null;
  }

  /**
   * Nobody may make a row, or make one into another, that no column would hold or they could not see afterwards; nor any
   * once they have used up what they may store in a day.
   */
  private refuseUnfit(row: E, context: RequestContext): void {
    this.changes.refuseSpent(context.caller.id);
    this.sql.limits.check(row);
    if (!this.visibilityOf(context).sees(row))
      throw new DomainError('forbidden', `You may not have a ${this.table} like this.`);
  }

  private async swap(before: E, after: E, op: ChangeOp, context: RequestContext): Promise<E> {
    this.refuseUnfit(after, context);
    const write = () => this.parts.changes.swap({ before, after, op, by: context });
    return this.guardUnique(() => after, context, write);
  }

  /** @param written the row that was to be stored */
  private async guardUnique<T>(
    written: () => E | undefined,
    context: RequestContext,
    write: () => Promise<T>,
  ): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
      const known = fieldsOf(this.entity).for((scope) => context.caller.can(scope));
      throw await this.parts.clashes.explain(error, written(), known, this.visibilityOf(context));
    }
  }
}
