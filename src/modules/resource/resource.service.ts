import { Injectable } from '@nestjs/common';
import { CrudService } from '../../crud/crud.service.js';
import { CreateResourceDto } from './dto/create-resource.dto.js';
import { ResourceDto } from './dto/resource.dto.js';
import { UpdateResourceDto } from './dto/update-resource.dto.js';
import type { ResourceEntity } from './resource.entity.js';
import { ResourceRepository } from './resource.repository.js';

@Injectable()
export class ResourceService extends CrudService<ResourceEntity, ResourceDto> {
  constructor(resources: ResourceRepository) {
    super(resources, { dto: ResourceDto, create: CreateResourceDto, update: UpdateResourceDto });
  }
}
