import { Injectable } from '@nestjs/common';
import { CrudRepository, Database } from 'plinth';
import { Resource } from './resource.entity.js';

@Injectable()
export class ResourceRepository extends CrudRepository<Resource> {
  constructor(database: Database) {
    super(database, Resource);
  }
}
