import type { Type } from '@nestjs/common';
import { DomainError } from '../http/domain-error.js';
import { BodyRules, unknownMember } from '../http/validation/body.compiler.js';
import { checkBody } from '../http/validation/body.pipe.js';
import type { Caller } from '../http/caller.js';
import type { CrudEntity } from './crud.entity.js';
import type { CrudDto } from './dto/crud.dto.js';
import type { MergePatch, Replacement } from './endpoints/bodies.js';
import { etagOf } from './etag.js';
import type { Field } from './field.js';
import { fieldsOf } from './fields.js';
import { stageHeaders, type Stage } from './stage.js';
import type { FieldSet } from './query/field-set.js';
import { canonicalInstant } from './rfc3339.js';

export interface ModuleDtos {
  readonly dto: Type<CrudDto>;
  readonly create: Type<object>;
  readonly update: Type<object>;
}

export interface ModuleOptions {
  /** Stable unless it says otherwise. */
  readonly stage?: Stage;
  /** PATCH, PUT on a row that exists, and DELETE without If-Match are refused with 428. */
  readonly requiresIfMatch?: boolean;
}

/** What the kernel knows of a module: its name and the field contract of its DTOs, compiled once. */
export class CrudModel {
  readonly fields: FieldSet;
  readonly stage: Stage;
  readonly stageHeaders: Readonly<Record<string, string>> | undefined;
  readonly requiresIfMatch: boolean;
  private readonly createRules: BodyRules;
  private readonly updateRules: BodyRules;
  private readonly defaults: Readonly<Record<string, unknown>>;
  private readonly shown: readonly Field[];
  private readonly guarded: boolean;
  private readonly timestamps: readonly string[];

  constructor(
    /** One word everywhere: folder, table, route, scope, metric label and feed. */
    readonly name: string,
    dtos: ModuleDtos,
    { stage = { level: 'stable' }, requiresIfMatch = false }: ModuleOptions = {},
  ) {
    this.stage = stage;
    this.stageHeaders = stageHeaders(stage);
    this.requiresIfMatch = requiresIfMatch;
    this.fields = fieldsOf(dtos.dto);
    this.createRules = new BodyRules(dtos.create);
    this.updateRules = new BodyRules(dtos.update);
    this.shown = this.fields.shown();
    this.guarded = this.fields.all.some((field) => field.readable !== true);
    const writable = this.fields.all.filter((field) => field.writable !== false && field.name !== 'id');
    this.timestamps = writable.filter((field) => field.type === 'timestamp').map((field) => field.name);
    this.defaults = Object.fromEntries(writable.map((field) => [field.name, field.default ?? null]));
  }

  /** The fields that are sent when nothing else is asked for. */
  shownTo(caller: Caller): readonly Field[] {
    return this.guarded ? this.fieldsFor(caller).shown() : this.shown;
  }

  /** The fields that exist for this caller. */
  fieldsFor(caller: Caller): FieldSet {
    return this.guarded ? this.fields.for((scope) => caller.can(scope)) : this.fields;
  }

  project(row: CrudEntity, fields: readonly Field[]): object {
    const data: Record<string, unknown> = {};
    for (const { name } of fields) data[name] = name === 'etag' ? etagOf(row) : row[name as keyof CrudEntity];
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
  patched({ value }: MergePatch<unknown>, caller: Caller): object {
    const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    checkBody(this.updateRules, value, names);
    this.refuseHidden(value, caller);
    return this.normalise(value);
  }

  /** All members of a PUT, defaults filled in: what it leaves out is not kept. */
  replacement(id: string, { value }: Replacement<unknown>, caller: Caller): object {
    checkBody(this.createRules, value);
    this.refuseHidden(value, caller);
    const { id: ownId, ...members } = value as { id?: string };
    if (ownId !== undefined && ownId !== id) {
      const errors = [{ code: 'id-mismatch', detail: '"id" must be the id of the URL.', pointer: '#/id' }];
      throw new DomainError('validation-failed', errors[0]!.detail, { errors });
    }
    return { ...this.defaults, ...this.normalise(members) };
  }

  hasHiddenFields(caller: Caller): boolean {
    return this.guarded && this.fieldsFor(caller).all.length < this.fields.all.length;
  }

  /** The members of a row that do not exist for the caller. */
  hidden(row: CrudEntity, caller: Caller): object {
    if (!this.guarded) return {};
    const fields = this.fields.all.filter(({ readable }) => readable !== true && !caller.can(readable));
    return Object.fromEntries(fields.map(({ name }) => [name, row[name as keyof CrudEntity]]));
  }

  /** A field that does not exist for the caller is as unknown to their bodies as any other. */
  private refuseHidden(body: object, caller: Caller): void {
    if (!this.guarded) return;
    const { all } = this.fieldsFor(caller);
    const unknown = Object.keys(body).filter((name) => !all.some((field) => field.name === name));
    if (unknown.length === 0) return;
    const errors = unknown.map(unknownMember);
    throw new DomainError(
      'validation-failed',
      errors.length === 1 ? errors[0]!.detail : `${errors.length} members are not valid.`,
      { errors },
    );
  }

  /** One spelling for each instant, so that another time zone's is no change. */
  private normalise(members: object): object {
    if (this.timestamps.length === 0) return members;
    const normal = { ...members } as Record<string, unknown>;
    for (const name of this.timestamps) {
      if (typeof normal[name] === 'string') normal[name] = canonicalInstant(normal[name]);
    }
    return normal;
  }
}
