import { Body, Controller, Injectable, Module, Param } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CrudRepository } from '../../../src/crud/crud.repository.js';
import { CrudService } from '../../../src/crud/crud.service.js';
import type { Listing, Representation } from '../../../src/crud/endpoints/answer.js';
import { MergePatch, Replacement } from '../../../src/crud/endpoints/bodies.js';
import { Context } from '../../../src/crud/endpoints/context.decorator.js';
import {
  ActionEndpoint,
  CreateEndpoint,
  ListEndpoint,
  ReadEndpoint,
  RemoveEndpoint,
  ReplaceEndpoint,
  RestoreEndpoint,
  UpdateEndpoint,
} from '../../../src/crud/endpoints/endpoints.js';
import type { RequestContext } from '../../../src/crud/endpoints/request-context.js';
import { Database } from '../../../src/database/database.js';
import { CreateWidgetDto, UpdateWidgetDto, WidgetDto } from './widget.dto.js';
import { WidgetEntity } from './widget.entity.js';

/** A module as a team would write it, with every kind of field: the contract suite's second subject. */
@Injectable()
export class WidgetRepository extends CrudRepository<WidgetEntity> {
  constructor(database: Database) {
    super(database, WidgetEntity);
  }
}

@Injectable()
export class WidgetService extends CrudService<WidgetEntity, WidgetDto> {
  constructor(widgets: WidgetRepository) {
    super(
      widgets,
      { dto: WidgetDto, create: CreateWidgetDto, update: UpdateWidgetDto },
      { stage: { level: 'deprecated', since: '2026-11-24T00:00:00Z', sunset: '2027-06-30T12:00:00Z', link: '/docs' } },
    );
  }

  /** A domain verb, made of what is inherited. */
  paint(id: string, context: RequestContext): Promise<Representation<WidgetDto>> {
    return this.update(id, new MergePatch({ colour: 'red' }), context);
  }
}

@Controller('widget')
export class WidgetController {
  constructor(private readonly widgets: WidgetService) {}

  @ListEndpoint(WidgetDto)
  list(@Context() context: RequestContext): Promise<Listing<WidgetDto>> {
    return context.id === undefined ? this.widgets.list(context) : this.widgets.get(context.id, context);
  }

  @ReadEndpoint(WidgetDto)
  get(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<WidgetDto>> {
    return this.widgets.get(id, context);
  }

  @CreateEndpoint(WidgetDto)
  create(@Body() body: CreateWidgetDto, @Context() context: RequestContext): Promise<Representation<WidgetDto>> {
    return this.widgets.create(body, context);
  }

  @UpdateEndpoint(WidgetDto)
  update(
    @Param('id') id: string,
    @Body() patch: MergePatch<UpdateWidgetDto>,
    @Context() context: RequestContext,
  ): Promise<Representation<WidgetDto>> {
    return this.widgets.update(id, patch, context);
  }

  @ReplaceEndpoint(WidgetDto)
  replace(
    @Param('id') id: string,
    @Body() body: Replacement<CreateWidgetDto>,
    @Context() context: RequestContext,
  ): Promise<Representation<WidgetDto>> {
    return this.widgets.replace(id, body, context);
  }

  @RemoveEndpoint(WidgetDto)
  remove(@Param('id') id: string, @Context() context: RequestContext): Promise<void> {
    return this.widgets.remove(id, context);
  }

  @RestoreEndpoint(WidgetDto)
  restore(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<WidgetDto>> {
    return this.widgets.restore(id, context);
  }

  @ActionEndpoint('paint', WidgetDto)
  paint(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<WidgetDto>> {
    return this.widgets.paint(id, context);
  }
}

@Module({
  imports: [TypeOrmModule.forFeature([WidgetEntity])],
  controllers: [WidgetController],
  providers: [WidgetService, WidgetRepository],
  exports: [WidgetService],
})
export class WidgetModule {}
