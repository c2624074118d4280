import type { Type } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { BodyRules, unknownMember } from '../fields/body-rules.js';
import { CreateOf, derivedRules, UpdateOf } from '../fields/bodies.js';
import { checkBody } from '../fields/body.pipe.js';
import { fieldsOf } from '../fields/declared-fields.js';
import { declaredFields } from '../fields/field.decorator.js';
import type { Field } from '../fields/field.js';
import { mergePatch } from '../fields/merge-patch.js';
import type { FieldSet } from '../fields/field-set.js';
import type { Caller } from '../access/caller.js';
import { DomainError } from '../problems/domain-error.js';
import { CrudEntity } from '../rows/crud.entity.js';
import type { MergePatch, Replacement } from './endpoints/bodies.js';
import { stageHeaders, type Stage } from './stage.js';

export interface ModuleOptions {
  /** Stable unless it says otherwise. */
  readonly stage?: Stage;
  /** PATCH, PUT on a row that exists, and DELETE without If-Match are refused with 428. */
  readonly requiresIfMatch?: boolean;
}

/** Fields that the repository fills itself. */
const KERNEL = new Set(declaredFields(CrudEntity).map(({ name }) => name));

type Members = Readonly<Record<string, unknown>>;

/** A module as the kernel knows it: its name and the field contract of its resource, compiled once. */
export class CrudModel {
  readonly fields: FieldSet;
  readonly stage: Stage;
  readonly stageHeaders: Readonly<Record<string, string>> | undefined;
  readonly requiresIfMatch: boolean;
  private readonly createRules: BodyRules;
  private readonly updateRules: BodyRules;
  private readonly replaceRules: BodyRules;
  /** Fields that a PUT leaves as they are. */
  private readonly unreplaced: readonly string[];
  private readonly defaults: Members;
  private readonly shown: readonly Field[];
  private readonly guarded: boolean;
  private readonly writeOnly: readonly string[];
  private readonly spelled: readonly Field[];
  private readonly documents: readonly string[];

  constructor(
    /** The name, one word everywhere: folder, table, route, scope, metric label and feed. */
    readonly name: string,
    readonly resource: Type<CrudEntity>,
    { stage = { level: 'stable' }, requiresIfMatch = false }: ModuleOptions = {},
  ) {
    this.stage = stage;
    this.stageHeaders = stageHeaders(stage);
    this.requiresIfMatch = requiresIfMatch;
    this.fields = fieldsOf(resource);
    this.createRules = derivedRules(CreateOf(resource))!;
    this.updateRules = derivedRules(UpdateOf(resource))!;
    const named = (...writable: (boolean | 'create')[]) =>
      this.fields.all.flatMap((field) => (writable.includes(field.writable) ? [field.name] : []));
    const createOnly = named('create').filter((name) => name !== 'id');
    this.replaceRules = new BodyRules(resource, {
      members: ['id', ...named(true)],
      readOnly: [...named(false), ...createOnly],
    });
    this.shown = this.fields.shown();
    this.guarded = this.fields.all.some(({ readable }) => readable !== true);
    this.writeOnly = this.fields.all.filter(({ readable }) => readable === false).map(({ name }) => name);
    const own = this.fields.all.filter((field) => field.writable !== false && field.name !== 'id');
    this.documents = own.filter(({ type }) => type === 'json').map(({ name }) => name);
    this.spelled = own.filter(({ normalise }) => normalise !== undefined);
    // A field that only the service writes begins with its default as well.
    const stored = this.fields.all.filter(({ name, options }) => !options.derived && !KERNEL.has(name));
    this.defaults = Object.fromEntries(stored.map((field) => [field.name, field.default]));
    this.unreplaced = stored.flatMap(({ name, writable }) => (writable === true ? [] : [name]));
  }

  /** The fields that are sent when nothing else is asked for. */
  shownTo(caller: Caller): readonly Field[] {
    return this.guarded ? this.fieldsFor(caller).shown() : this.shown;
  }

  /** The fields that exist for this caller to read. */
  fieldsFor(caller: Caller): FieldSet {
    return this.guarded ? this.fields.for((scope) => caller.can(scope)) : this.fields;
  }

  project(row: CrudEntity, fields: readonly Field[]): object {
    const data: Record<string, unknown> = {};
    for (const field of fields) data[field.name] = valueOf(field, row);
    return data;
  }

  /** @throws DomainError `validation-failed` with all that is wrong with the body of a POST */
  checkCreate(body: unknown): asserts body is object {
    checkBody(this.createRules, body);
  }

  /** A checked create body, completed. @throws DomainError `validation-failed` for fields that the caller does not have */
  withDefaults(body: object, caller: Caller): object {
    this.refuseHidden(body, caller);
    return { ...this.defaults, ...this.normalise(body) };
  }

  /** The members that a patch sets. Setting one to null where null is not allowed is one of the faults that 422 names. */
  patched({ value }: MergePatch<unknown>, caller: Caller, before: CrudEntity): object {
    const members = isObject(value) ? this.merged(this.withoutUnchanged(value, before, caller), before) : value;
    checkBody(this.updateRules, members, isObject(members) ? Object.keys(members) : []);
    this.refuseHidden(members, caller);
    return this.normalise(members);
  }

  /** A patch goes on inside of a document. */
  private merged(patch: Members, before: CrudEntity): Members {
    if (this.documents.length === 0) return patch;
    const members = { ...patch };
    for (const name of this.documents)
      if (isObject(members[name])) members[name] = mergePatch((before as unknown as Members)[name], members[name]);
    return members;
  }

  /**
   * All members of a PUT, defaults filled in: what it leaves out is not kept, unless the caller could not know of it or it
   * never changes.
   * @param before the row that is replaced; null where there is none
   */
  replacement(id: string, { value }: Replacement<unknown>, caller: Caller, before: CrudEntity | null): object {
    const body = before && isObject(value) ? this.completed(value, before, caller) : value;
    checkBody(before ? this.replaceRules : this.createRules, body);
    this.refuseHidden(body, caller);
    const { id: ownId, ...members } = body as { id?: string };
    if (ownId !== undefined && ownId !== id) {
      const errors = [{ code: 'id-mismatch', detail: '"id" must be the id of the URL.', pointer: '#/id' }];
      throw new DomainError('validation-failed', errors[0]!.detail, { errors });
    }
    const kept = before && { ...pick(before, this.unreplaced), ...this.hidden(before, caller) };
    return { ...this.defaults, ...this.normalise(members), ...kept };
  }

  /** Adds the write-only members, which a client that has read the row can not send. */
  private completed(body: Members, before: CrudEntity, caller: Caller): Members {
    const unsent = this.writeOnly.filter((name) => !(name in body));
    return { ...pick(before, unsent), ...this.withoutUnchanged(body, before, caller) };
  }

  /** Leaves out read-only members that say what is there: the body of a GET may be sent back as it is. */
  private withoutUnchanged(body: Members, before: CrudEntity, caller: Caller): Members {
    const known = this.fieldsFor(caller);
    const isUnchanged = ([name, value]: [string, unknown]) => {
      const field = known.find(name);
      return field && field.writable !== true && isDeepStrictEqual(value, valueOf(field, before));
    };
    const entries = Object.entries(body);
    return entries.some(isUnchanged) ? Object.fromEntries(entries.filter((entry) => !isUnchanged(entry))) : body;
  }

  hasHiddenFields(caller: Caller): boolean {
    return this.guarded && this.fieldsFor(caller).all.length < this.fields.all.length;
  }

  /** The members of a row that this caller may not see, where others may. */
  private hidden(row: CrudEntity, caller: Caller): object {
    if (!this.guarded) return {};
    const names = this.fields.all.flatMap(({ name, readable }) =>
      typeof readable === 'string' && !caller.can(readable) ? [name] : [],
    );
    return pick(row, names);
  }

  /** A field that does not exist for the caller is as unknown to their bodies as any other. */
  private refuseHidden(body: object, caller: Caller): void {
    if (!this.guarded) return;
    const known = this.fieldsFor(caller);
    const unknown = Object.keys(body).filter((name) => !known.find(name) && !this.writeOnly.includes(name));
    if (unknown.length === 0) return;
    const errors = unknown.map(unknownMember);
    throw new DomainError(
      'validation-failed',
      errors.length === 1 ? errors[0]!.detail : `${errors.length} members are not valid.`,
      { errors },
    );
  }

  /** Gives each value its one spelling, so that another spelling is no change. */
  private normalise(members: object): object {
    if (this.spelled.length === 0) return members;
    const normal = { ...members } as Record<string, unknown>;
    for (const { name, normalise } of this.spelled) {
      const value = normal[name];
      if (value !== undefined && value !== null) normal[name] = normalise!(value);
    }
    return normal;
  }
}

/** The value of a field in a representation of the row; a change record may lack the columns that one is derived from. */
export function valueOf({ name, options: { derived } }: Field, row: CrudEntity): unknown {
  if (!derived) return row[name as keyof CrudEntity];
  const isWhole = derived.from.every((column) => row[column as keyof CrudEntity] !== undefined);
  return isWhole ? derived.value(row as never) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pick(row: object, names: readonly string[]): Members {
  return Object.fromEntries(names.map((name) => [name, (row as Members)[name]]));
}
