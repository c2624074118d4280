import { Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { MigrationInterface } from 'typeorm';
import type { CrudEntity } from '../rows/crud.entity.js';

export interface PlinthModuleMetadata extends ModuleMetadata {
  /** The module's resource. */
  readonly resource: Type<CrudEntity>;
  /** The module's own, in any order: their names end in the time when they were written. */
  readonly migrations: readonly Type<MigrationInterface>[];
}

/** A class decorated with `@PlinthModule()`. */
export type PlinthModuleClass = Type<object>;

const RESOURCE = Symbol('plinth:module');

/** Nest's `@Module()` for a resource: with its table and its migrations. Named by its line in `modules/index.ts`, it is served. */
export function PlinthModule({ resource, migrations, imports = [], ...rest }: PlinthModuleMetadata): ClassDecorator {
  return (target) => {
    Module({ ...rest, imports: [TypeOrmModule.forFeature([resource]), ...imports] })(target);
    Object.defineProperty(target, RESOURCE, { value: { resource, migrations } });
  };
}

/** @throws TypeError for a class without `@PlinthModule()` */
export function declarationOf(module: PlinthModuleClass): Pick<PlinthModuleMetadata, 'resource' | 'migrations'> {
  const declared = (module as unknown as Record<symbol, PlinthModuleMetadata | undefined>)[RESOURCE];
  if (!declared) throw new TypeError(`${module.name} needs @PlinthModule({ resource, migrations, … })`);
  return declared;
}
