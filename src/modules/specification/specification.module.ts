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
  problems: {
    'specification-incomplete': {
      status: 409,
      title: 'The specification is not complete enough for its phase',
      explanation:
        'Review needs risks and success metrics, complete needs every section; a placeholder in brackets counts as missing. `errors` has a JSON pointer to each member.',
    },
  },
  migrations: [CreateSpecification1795870834778],
})
export class SpecificationModule {}
