import { Controller } from '@nestjs/common';
import { CrudController } from 'plinth';
import { Resource } from './resource.entity.js';
import { ResourceService } from './resource.service.js';

@Controller('resource')
export class ResourceController extends CrudController(Resource) {
  constructor(resources: ResourceService) {
    super(resources);
  }
}
