import { PlinthModule } from 'plinth';
import { CreateResource1764000000000 } from './create-resource.migration.js';
import { IndexSystemTimes1764000000010 } from './index-system-times.migration.js';
import { ResourceController } from './resource.controller.js';
import { Resource } from './resource.entity.js';
import { ResourceRepository } from './resource.repository.js';
import { ResourceService } from './resource.service.js';
import { ResourceWithoutRowid1764000000004 } from './resource-without-rowid.migration.js';

@PlinthModule({
  resource: Resource,
  controllers: [ResourceController],
  providers: [ResourceService, ResourceRepository],
  exports: [ResourceService],
  migrations: [CreateResource1764000000000, ResourceWithoutRowid1764000000004, IndexSystemTimes1764000000010],
})
export class ResourceModule {}
