import type { Type } from '@nestjs/common';
import { DomainError } from '../http/domain-error.js';
import { BodyRules } from '../http/validation/body.compiler.js';
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
  readonly stageHeaders: Readonly<Record<string, string>>;
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

  /** A checked create body, completed. */
  withDefaults(body: object): object {
    return { ...this.defaults, ...this.normalise(body) };
  }

  /** The members that a patch sets. Setting one to null where null is not allowed is one of the faults that 422 names. */
  patched(_before: CrudEntity, patch: MergePatch<unknown>): object {
    const { value } = patch;
    const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    checkBody(this.updateRules, value, names);
    return this.normalise(value);
  }

  /** All members of a PUT, defaults filled in: what it leaves out is not kept. */
  replacement(id: string, { value }: Replacement<unknown>): object {
    checkBody(this.createRules, value);
    const { id: ownId, ...members } = value as { id?: string };
    if (ownId !== undefined && ownId !== id) {
      const errors = [{ code: 'id-mismatch', detail: '"id" must be the id of the URL.', pointer: '#/id' }];
      throw new DomainError('validation-failed', errors[0]!.detail, { errors });
    }
    return { ...this.defaults, ...this.normalise(members) };
  }

  /** One spelling for each instant, so that another time zone's is no change. */
  private normalise(members: object): object {
    if (this.timestamps.length === 0) return members;
    const normal = { ...members } as Record<string, unknown>;
    for (const name of this.timestamps) {
      if (typeof normal[name] === 'string') normal[name] = new Date(normal[name]).toISOString();
    }
    return normal;
  }
}
