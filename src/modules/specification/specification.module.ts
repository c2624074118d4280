import { PlinthModule } from 'plinth';
import { CreateSpecification1795870834778 } from './create-specification.migration.js';
import { SpecificationController } from './specification.controller.js';
import { Specification } from './specification.entity.js';
import { SpecificationRepository } from './specification.repository.js';
import { SpecificationService } from './specification.service.js';

@PlinthModule({
  resource: Specification,
  controllers: [SpecificationController],
  providers: [SpecificationService, SpecificationRepository],
  exports: [SpecificationService],
  migrations: [CreateSpecification1795870834778],
})
export class SpecificationModule {}
