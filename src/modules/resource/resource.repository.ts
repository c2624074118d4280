import { Injectable } from '@nestjs/common';
import { CrudRepository } from '../../crud/crud.repository.js';
import { Database } from '../../database/database.js';
import { ResourceEntity } from './resource.entity.js';

@Injectable()
export class ResourceRepository extends CrudRepository<ResourceEntity> {
  constructor(database: Database) {
    super(database, ResourceEntity);
  }
}
