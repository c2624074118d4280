// Imported before the service or its commands: a module more, with rows as large as a request can make them. Decorators by
// hand, so that nothing has to be compiled.
import 'reflect-metadata';
import { Controller, Injectable } from '@nestjs/common';
import {
  CrudController,
  CrudEntity,
  CrudRepository,
  CrudService,
  Database,
  Field,
  PlinthModule,
  Portable,
} from 'plinth';
import { Entity } from 'typeorm';
import { modules } from '../../dist/modules/index.js';

const TEXT = { type: 'text', writable: true };

class Paper extends CrudEntity {}
Field(TEXT)(Paper.prototype, 'text');
Entity('paper')(Paper);

class CreatePaper1764000000099 {
  async up(queryRunner) {
    await new Portable(queryRunner).createResource('paper', { text: TEXT });
  }

  async down(queryRunner) {
    await new Portable(queryRunner).dropResource('paper');
  }
}

class PaperRepository extends CrudRepository {
  constructor(database) {
    super(database, Paper);
  }
}
injectable(PaperRepository, Database);

class PaperService extends CrudService {
  constructor(papers) {
    super(papers);
  }
}
injectable(PaperService, PaperRepository);

class PaperController extends CrudController(Paper) {
  constructor(papers) {
    super(papers);
  }
}
injectable(PaperController, PaperService);
Controller('paper')(PaperController);

class PaperModule {}
PlinthModule({
  resource: Paper,
  controllers: [PaperController],
  providers: [PaperService, PaperRepository],
  exports: [PaperService],
  migrations: [CreatePaper1764000000099],
})(PaperModule);
modules.push(PaperModule);

function injectable(type, ...needs) {
  Injectable()(type);
  Reflect.defineMetadata('design:paramtypes', needs, type);
}
