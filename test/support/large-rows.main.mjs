// The built service with one module more, whose rows may be large: what can be done to its memory is done to a process of its own.
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
  plinth,
} from 'plinth';
import { Entity } from 'typeorm';
import { modules } from '../../dist/modules/index.js';

const FIELDS = {
  name: { type: 'string', maxLength: 100, nullable: true, writable: true },
  body: { type: 'text', nullable: true, writable: true },
};

class Blob extends CrudEntity {}
for (const [name, options] of Object.entries(FIELDS)) Field(options)(Blob.prototype, name);
Entity('blob')(Blob);

class CreateBlob1764000000009 {
  async up(queryRunner) {
    await new Portable(queryRunner).createResource('blob', FIELDS);
  }

  async down(queryRunner) {
    await new Portable(queryRunner).dropResource('blob');
  }
}

class BlobRepository extends CrudRepository {
  constructor(database) {
    super(database, Blob);
  }
}
class BlobService extends CrudService {
  constructor(blobs) {
    super(blobs);
  }
}
class BlobController extends CrudController(Blob) {
  constructor(blobs) {
    super(blobs);
  }
}
const takes = (type, ...parameters) => Reflect.defineMetadata('design:paramtypes', parameters, type);
takes(BlobRepository, Database);
takes(BlobService, BlobRepository);
takes(BlobController, BlobService);
Injectable()(BlobRepository);
Injectable()(BlobService);
Controller('blob')(BlobController);

class BlobModule {}
PlinthModule({
  resource: Blob,
  controllers: [BlobController],
  providers: [BlobService, BlobRepository],
  exports: [BlobService],
  migrations: [CreateBlob1764000000009],
})(BlobModule);

await plinth({ modules: [...modules, BlobModule] });
