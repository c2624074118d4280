import { Controller, Param } from '@nestjs/common';
import { ActionEndpoint, Context, CrudController, type Representation, type RequestContext } from 'plinth';
import { Specification } from './specification.entity.js';
import { DOCUMENT } from './specification.outline.js';
import { SpecificationService } from './specification.service.js';

@Controller('specification')
export class SpecificationController extends CrudController(Specification, { formats: [DOCUMENT.format] }) {
  constructor(private readonly specifications: SpecificationService) {
    super(specifications);
  }

  @ActionEndpoint('advance', Specification)
  advance(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Specification>> {
    return this.specifications.advance(id, context);
  }

  @ActionEndpoint('reopen', Specification)
  reopen(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Specification>> {
    return this.specifications.reopen(id, context);
  }
}
