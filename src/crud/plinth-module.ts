import { Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { MigrationInterface } from 'typeorm';
import type { CrudEntity } from '../rows/crud.entity.js';

export interface PlinthModuleMetadata extends ModuleMetadata {
  /** The module's resource. */
  readonly resource: Type<CrudEntity>;
  /** Tables of the module beside the resource's; their migrations are written by hand. */
  readonly entities?: readonly Type<object>[];
  /** The module's own, in any order: their names end in the time when they were written. */
  readonly migrations: readonly Type<MigrationInterface>[];
}

type ModuleDeclaration = Required<Pick<PlinthModuleMetadata, 'resource' | 'entities' | 'migrations'>>;

/** A class decorated with `@PlinthModule()`. */
export type PlinthModuleClass = Type<object>;

const RESOURCE = Symbol('plinth:module');

/** Nest's `@Module()` for a resource: with its table and its migrations. Named by its line in `modules/index.ts`, it is served. */
export function PlinthModule(metadata: PlinthModuleMetadata): ClassDecorator {
  const { resource, entities = [], migrations, imports = [], ...rest } = metadata;
  return (target) => {
    Module({ ...rest, imports: [TypeOrmModule.forFeature([resource, ...entities]), ...imports] })(target);
    Object.defineProperty(target, RESOURCE, { value: { resource, entities, migrations } });
  };
}

/** @throws TypeError for a class without `@PlinthModule()` */
export function declarationOf(module: PlinthModuleClass): ModuleDeclaration {
  const declared = (module as unknown as Record<symbol, ModuleDeclaration | undefined>)[RESOURCE];
  if (!declared) throw new TypeError(`${module.name} needs @PlinthModule({ resource, migrations, … })`);
  return declared;
}
