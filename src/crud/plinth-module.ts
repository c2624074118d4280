import { Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { MigrationInterface } from 'typeorm';
import { checkSettings, type SettingsClass } from '../config/own-settings.js';
import { declareProblems, type OwnProblems } from '../problems/own-problems.js';
import { nameOf, type CrudEntity } from '../rows/crud.entity.js';

export interface PlinthModuleMetadata extends ModuleMetadata {
  /** The module's resource. */
  readonly resource: Type<CrudEntity>;
  /** Tables of the module beside the resource's; their migrations are written by hand. */
  readonly entities?: readonly Type<object>[];
  /** The module's own, in any order: their names end in the time when they were written. */
  readonly migrations: readonly Type<MigrationInterface>[];
  /** A class made by `Settings({…})`: read and checked at the start. */
  readonly settings?: SettingsClass;
  /** Codes of its own for `DomainError`, which begin with the module's name. */
  readonly problems?: OwnProblems;
  /** Other classes in place of some of the kernel's. */
  readonly replaces?: readonly ClassReplacement[];
}

/** A class in place of one of the kernel's, which it extends: `{ provide: TokenVerifier, useClass: OpaqueTokens }`. */
export interface ClassReplacement<T extends object = object> {
  readonly provide: Type<T>;
  readonly useClass: Type<T>;
}

type ModuleDeclaration = Required<Pick<PlinthModuleMetadata, 'resource' | 'entities' | 'migrations' | 'replaces'>> &
  Pick<PlinthModuleMetadata, 'settings'>;

/** A class decorated with `@PlinthModule()`. */
export type PlinthModuleClass = Type<object>;

const RESOURCE = Symbol('plinth:module');

/** Nest's `@Module()` for a resource: with its table and its migrations. Named by its line in `modules/index.ts`, it is served. */
export function PlinthModule(metadata: PlinthModuleMetadata): ClassDecorator {
  const { resource, entities = [], migrations, settings, problems, replaces = [], imports = [], ...rest } = metadata;
  const name = nameOf(resource);
  if (settings) checkSettings(name, settings);
  if (problems) declareProblems(name, problems);
  return (target) => {
    Module({ ...rest, imports: [TypeOrmModule.forFeature([resource, ...entities]), ...imports] })(target);
    Object.defineProperty(target, RESOURCE, { value: { resource, entities, migrations, settings, replaces } });
  };
}

/** @throws TypeError for a class without `@PlinthModule()` */
export function declarationOf(module: PlinthModuleClass): ModuleDeclaration {
  const declared = (module as unknown as Record<symbol, ModuleDeclaration | undefined>)[RESOURCE];
  if (!declared) throw new TypeError(`${module.name} needs @PlinthModule({ resource, migrations, … })`);
  return declared;
}
