import { now } from '../runtime/instant.js';
import { DomainError } from '../problems/domain-error.js';
import { Inject } from '@nestjs/common';
import type { CreateInput } from '../fields/bodies.js';
import type { Field } from '../fields/field.js';
import { isId, notAnId } from '../fields/id.js';
import { JSON_TYPE } from '../http/media-types.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import { CrudModel, type ModuleOptions } from './crud.model.js';
import { CrudRepository } from '../rows/crud.repository.js';
import { Page, Representation, type Listing } from './endpoints/answer.js';
import type { MergePatch, Replacement } from './endpoints/bodies.js';
import type { RequestContext } from './endpoints/request-context.js';
import { etagOf } from '../rows/etag.js';
import { exportRows } from './export/export.js';
import { nextCursor, parseListQuery, type ListQuery, type Part } from '../query/list-query.js';
import { References, referencesOf } from './references.js';
import { EVERY_ROW, type RowRule, type Visibility } from '../rows/row-rule.js';

/**
 * The rules of a module: what every resource does, to be changed with `override` and `super`. Its methods throw
 * `DomainError`s, take and give resources, and may be called inside a transaction that the caller has opened, which they
 * join. Checks come in the order of RFC 9110 section 13.2.1: existence, preconditions, body, state.
 */
export abstract class CrudService<E extends CrudEntity> {
  readonly model: CrudModel;
  /** Injected as a property, so that a module's service need not pass it on. */
  @Inject(References)
  private readonly references!: References;
  private readonly referring: readonly Field[];

  protected constructor(
    protected readonly repository: CrudRepository<E>,
    options: ModuleOptions = {},
  ) {
    this.model = new CrudModel(repository.table, repository.entity, options);
    this.referring = referencesOf(repository.entity);
  }

  /** @throws DomainError `not-found` also where the row is soft-deleted */
  get(id: string, context: RequestContext): Promise<Representation<E>> {
    return this.repository.find(id, context).then((row) => this.represent(this.live(row), context));
  }

  /**
   * A page, or a stream where `Accept` asks for one. For a context that has no parameters of a list it is the first page.
   * @param only a condition on the rows beside what the request and the caller's rule say, made with `rowWhere`
   */
  async list(context: RequestContext, only: RowRule = EVERY_ROW): Promise<Listing<E>> {
    const query = context.list ?? parseListQuery({}, this.model.fieldsFor(context.caller), this.model.name);
    if (context.format !== JSON_TYPE) return exportRows(context, (list) => this.repository.page(list, context, only));
    const { rows, hasMore } = await this.repository.page(query, context, only);
    const last = hasMore ? rows.at(-1) : undefined;
    // A first page with nothing after it has counted them.
    const isAll = !hasMore && query.after === undefined;
    const count = () => (isAll ? { total: rows.length } : this.repository.count(query, context, only));
    const counted = query.count ? await count() : {};
    return new Page<E>(
      rows.map((row) => this.model.project(row, query.fields) as Partial<E>),
      { limit: query.limit, ...(last && { next_cursor: nextCursor(query, last) }), ...counted },
    );
  }

  /** The first rows of a query that was checked: for what reads the module as a whole, such as the feed. */
  rows(query: ListQuery, context: RequestContext): Promise<Part<E>> {
    return this.repository.page(query, context);
  }

  /** Locks rows before a transaction changes the first of several. */
  lockInOrder(ids: readonly string[]): Promise<void> {
    return this.repository.lockInOrder(ids);
  }

  /** The rows that the caller may have, as a test of rows in memory, such as those of the feed. */
  visibilityOf(context: Pick<RequestContext, 'caller'>): Visibility {
    return this.repository.visibilityOf(context);
  }

  /** Whether there is a row with this id, deleted or not, that the caller may read. */
  async isKnown(id: string, context: RequestContext): Promise<boolean> {
    return (await this.repository.find(id, context)) !== null;
  }

  /** @throws DomainError `already-exists` naming the member that has to be unique */
  async create(body: CreateInput<E>, context: RequestContext): Promise<Representation<E>> {
    const row = this.repository.make(this.model.withDefaults(body, context.caller));
    if (this.hasRules)
      return this.repository.atomically(async () => {
        await this.checkAll(null, row, context);
        await this.repository.insert(row, context);
        return this.represent(row, context, true);
      }, context);
    const created = this.represent(row, context, true);
    await this.repository.insert(row, context, context.keyFor?.(created));
    return created;
  }

  /** Whether `create` stores one row and does nothing else. */
  get createsOneRow(): boolean {
    const isInherited =
      this.create === CrudService.prototype.create && this.repository.insert === CrudRepository.prototype.insert;
    return isInherited && !this.hasRules;
  }

  /** JSON Merge Patch (RFC 7396). A patch that changes nothing keeps the ETag and records no change. */
  async update(id: string, patch: MergePatch<unknown>, context: RequestContext): Promise<Representation<E>> {
    const patched = (before: E): E => ({ ...before, ...this.model.patched(patch, context.caller, before) });
    return this.represent(await this.edit(id, 'updated', patched, context), context);
  }

  /** PUT: whole replacement, or creation under an id that the client has chosen; a soft-deleted row begins a new life. */
  async replace(id: string, body: Replacement<unknown>, context: RequestContext): Promise<Representation<E>> {
    if (!isId(id)) throw notAnId();
    return this.repository.atomically(async () => {
      const before = await this.repository.lock(id, context);
      const exists = before !== null && before.deleted_at === null;
      if (exists) this.checkPreconditions(before, context);
      else context.checkPreconditions(null);
      const members = this.model.replacement(id, body, context.caller, exists ? before : null) as Partial<E>;
      if (exists) {
        const after = { ...before, ...members };
        await this.checkAll(before, after, context);
        return this.represent(await this.repository.update(before, after, context), context);
      }
      const row = this.repository.make({ ...members, id });
      await this.checkAll(null, row, context);
      if (before) return this.represent(await this.repository.revive(before, row, context), context, true);
      await this.repository.insert(row, context);
      return this.represent(row, context, true);
    }, context);
  }

  /** Soft: the row is kept, and `restore` brings it back. */
  async remove(id: string, context: RequestContext): Promise<void> {
    await this.edit(id, 'deleted', (before) => ({ ...before, deleted_at: now() }), context);
  }

  /** @throws DomainError `not-deleted` of a row that lives */
  async restore(id: string, context: RequestContext): Promise<Representation<E>> {
    const restored = (before: E): E => {
      if (before.deleted_at === null) throw new DomainError('not-deleted', `This ${this.model.name} is not deleted.`);
      return { ...before, deleted_at: null };
    };
    return this.represent(await this.edit(id, 'restored', restored, context), context);
  }

  /**
   * A rule of the module that every write goes through, inside of its transaction: create, update, replace, remove, restore,
   * batches and verbs. Override it, and throw a `DomainError`; it may ask the database and other services.
   * @param before the row as it lives; null where none does
   * @param after the row as it will live, its values checked; null where it is removed
   */
  protected check(_before: E | null, _after: E | null, _context: RequestContext): Promise<void> | void {}

  /**
   * Changes one row with the module's rules: existence, the request's preconditions, `change`, `check`. A change that equals
   * the row writes nothing.
   * @param change says what the row shall be, given what it is, which nobody else changes meanwhile; without waiting for
   * anything, and more than once where the transaction has to be run again
   * @throws DomainError `not-found`, `precondition-failed`, `precondition-required`, and what `change` and `check` throw
   */
  protected async edit(
    id: string,
    op: 'updated' | 'deleted' | 'restored',
    change: (before: E) => E,
    context: RequestContext,
  ): Promise<E> {
    const apply = (row: E | null): E => {
      if (op !== 'restored') this.checkPreconditions(this.live(row), context);
      else if (row) context.checkPreconditions(etagOf(row));
      else throw this.notFound();
      return change(row!);
    };
    if (!this.hasRules) return this.repository.edit(id, op, apply, context);
    // Rules may wait for the database, with the row locked; rows that have none are changed in groups.
    return this.repository.atomically(async () => {
      const before = await this.repository.lock(id, context);
      const after = apply(before);
      await this.checkAll(living(before), living(after), context);
      return this.repository.update(before!, after, context, op);
    }, context);
  }

  private get hasRules(): boolean {
    return this.referring.length > 0 || this.check !== CrudService.prototype.check;
  }

  private async checkAll(before: E | null, after: E | null, context: RequestContext): Promise<void> {
    if (after && this.referring.length > 0) await this.references.check(this.referring, before, after, context);
    await this.check(before, after, context);
  }

  /** Builds the caller's view of a row: the whitelist of declared fields, narrowed by `fields=` and by their scopes. */
  protected represent(row: E, context: RequestContext, created = false): Representation<E> {
    const fields = context.selection ?? this.model.shownTo(context.caller);
    return new Representation<E>(this.model.project(row, fields), row.id, etagOf(row), created);
  }

  /** The row, locked until the transaction ends. */
  protected async lockLive(id: string, context: RequestContext): Promise<E> {
    return this.live(await this.repository.lock(id, context));
  }

  /** @throws DomainError `not-found` */
  protected live(row: E | null): E {
    if (!row || row.deleted_at !== null) throw this.notFound();
    return row;
  }

  /** @throws DomainError `precondition-failed`, or `precondition-required` where the module asks for a condition */
  private checkPreconditions(row: E, context: RequestContext): void {
    if (this.model.requiresIfMatch && !context.ifMatch && !context.ifNoneMatch) {
      throw new DomainError('precondition-required', 'Send If-Match with the ETag that the change is meant for.');
    }
    context.checkPreconditions(etagOf(row));
  }

  protected notFound(): DomainError {
    return new DomainError('not-found', `There is no ${this.model.name} with this id.`);
  }
}

function living<E extends CrudEntity>(row: E | null): E | null {
  return row && row.deleted_at === null ? row : null;
}
