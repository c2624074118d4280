import { Controller, Injectable } from '@nestjs/common';
import {
  CrudController,
  CrudRepository,
  CrudService,
  Database,
  indexOf,
  PlinthModule,
  Portable,
  SYSTEM_TIMES,
} from 'plinth';
import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Specimen, SPECIMEN } from './specimen.entity.js';

class CreateSpecimen1764000000006 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const own = Object.entries(SPECIMEN).map(([name, options]) => portable.field(name, options));
    const parent = portable.field('parent_id', { type: 'reference', to: () => Specimen, nullable: true });
    const indexed = Object.entries(SPECIMEN).filter(([, options]) => 'sortable' in options);
    const names = [...SYSTEM_TIMES, ...indexed.map(([name]) => name), 'parent_id'];
    const indices = names.map((name) => indexOf('specimen', name));
    await queryRunner.createTable(
      new Table({ name: 'specimen', columns: portable.crud([...own, parent]), indices }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('specimen', true);
  }
}

@Injectable()
class SpecimenRepository extends CrudRepository<Specimen> {
  constructor(database: Database) {
    super(database, Specimen);
  }
}

@Injectable()
class SpecimenService extends CrudService<Specimen> {
  constructor(specimens: SpecimenRepository) {
    super(specimens);
  }
}

@Controller('specimen')
class SpecimenController extends CrudController(Specimen) {
  constructor(specimens: SpecimenService) {
    super(specimens);
  }
}

@PlinthModule({
  resource: Specimen,
  controllers: [SpecimenController],
  providers: [SpecimenService, SpecimenRepository],
  exports: [SpecimenService],
  migrations: [CreateSpecimen1764000000006],
})
export class SpecimenModule {}
