import { Injectable } from '@nestjs/common';
import { CrudService } from 'plinth';
import type { Resource } from './resource.entity.js';
import { ResourceRepository } from './resource.repository.js';

@Injectable()
export class ResourceService extends CrudService<Resource> {
  constructor(resources: ResourceRepository) {
    super(resources);
  }
}
