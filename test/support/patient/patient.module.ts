import { Controller, Injectable } from '@nestjs/common';
import { CrudController, CrudRepository, CrudService, Database, PlinthModule, Portable } from 'plinth';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Patient, PATIENT } from './patient.entity.js';

class CreatePatient1764000000009 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const fields = { ...PATIENT, mother_id: { type: 'reference', to: () => Patient, nullable: true } } as const;
    const indexes = Object.entries(PATIENT).flatMap(([name, options]) =>
      'sortable' in options && !('unique' in options) ? [name] : [],
    );
    const keys = { indexes: [...indexes, 'mother_id'], uniques: ['email'] };
    await new Portable(queryRunner).createResource('patient', fields, keys);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropResource('patient');
  }
}

@Injectable()
class PatientRepository extends CrudRepository<Patient> {
  constructor(database: Database) {
    super(database, Patient);
  }
}

@Injectable()
class PatientService extends CrudService<Patient> {
  constructor(patients: PatientRepository) {
    super(patients);
  }
}

@Controller('patient')
class PatientController extends CrudController(Patient) {
  constructor(patients: PatientService) {
    super(patients);
  }
}

@PlinthModule({
  resource: Patient,
  controllers: [PatientController],
  providers: [PatientService, PatientRepository],
  exports: [PatientService],
  migrations: [CreatePatient1764000000009],
})
export class PatientModule {}
