import { Controller, Injectable } from '@nestjs/common';
import { CrudController, CrudRepository, CrudService, Database, PlinthModule, Portable } from 'plinth';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Specimen, SPECIMEN } from './specimen.entity.js';

class CreateSpecimen1764000000006 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const fields = { ...SPECIMEN, parent_id: { type: 'reference', to: () => Specimen, nullable: true } } as const;
    const indexes = Object.keys(SPECIMEN).filter((name) => 'sortable' in SPECIMEN[name as keyof typeof SPECIMEN]);
    await new Portable(queryRunner).createResource('specimen', fields, { indexes: [...indexes, 'parent_id'] });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropResource('specimen');
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
