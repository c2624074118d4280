import 'reflect-metadata';
import { Controller, Injectable, type Type } from '@nestjs/common';
import {
  CrudController,
  CrudEntity,
  CrudRepository,
  CrudService,
  Database,
  Field,
  PlinthModule,
  Portable,
  type CrudOperation,
  type FieldOptions,
} from 'plinth';
import { Entity, type QueryRunner } from 'typeorm';

/**
 * A module with nothing of its own but its fields. Decorators are called by hand, so that Node runs this file as it stands.
 * @param at when its migration was written, in milliseconds: no two have one time
 * @param without operations that its controller goes without
 */
export function simpleModule(
  name: string,
  fields: Readonly<Record<string, FieldOptions>>,
  at: number,
  without: readonly CrudOperation[] = [],
): Type<object> {
  class Row extends CrudEntity {}
  for (const [field, options] of Object.entries(fields)) Field(options)(Row.prototype, field);
  Entity(name)(Row);

  const namesOf = (isMeant: (options: FieldOptions) => boolean | undefined) =>
    Object.keys(fields).filter((field) => isMeant(fields[field]!));

  class CreateTable {
    up(queryRunner: QueryRunner): Promise<void> {
      return new Portable(queryRunner).createResource(name, fields, {
        uniques: namesOf(({ unique }) => unique),
        indexes: namesOf(({ unique, filterable, sortable }) => !unique && (filterable === true || sortable)),
      });
    }

    down(queryRunner: QueryRunner): Promise<void> {
      return new Portable(queryRunner).dropResource(name);
    }
  }
  Object.defineProperty(CreateTable, 'name', { value: `Create_${name}${at}` });

  class RowRepository extends CrudRepository<Row> {
    constructor(database: Database) {
      super(database, Row);
    }
  }
  injectable(RowRepository, Database);

  class RowService extends CrudService<Row> {
    constructor(rows: RowRepository) {
      super(rows);
    }
  }
  injectable(RowService, RowRepository);

  class RowController extends CrudController(Row, { without }) {
    constructor(rows: RowService) {
      super(rows);
    }
  }
  injectable(RowController, RowService);
  Controller(name)(RowController);

  class RowModule {}
  PlinthModule({
    resource: Row,
    controllers: [RowController],
    providers: [RowService, RowRepository],
    exports: [RowService],
    migrations: [CreateTable],
  })(RowModule);
  return RowModule;
}

function injectable(type: Type<object>, needs: Type<object>): void {
  Injectable()(type);
  Reflect.defineMetadata('design:paramtypes', [needs], type);
}
