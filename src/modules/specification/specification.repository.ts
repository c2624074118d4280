import { Injectable } from '@nestjs/common';
import { CrudRepository, Database } from 'plinth';
import { Specification } from './specification.entity.js';

@Injectable()
export class SpecificationRepository extends CrudRepository<Specification> {
  constructor(database: Database) {
    super(database, Specification);
  }
}
