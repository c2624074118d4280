import { Controller, Injectable, Param } from '@nestjs/common';
import { CrudController } from '../../../src/crud/crud.controller.js';
import { CrudRepository } from '../../../src/rows/crud.repository.js';
import { CrudService } from '../../../src/crud/crud.service.js';
import type { Representation } from '../../../src/crud/endpoints/answer.js';
import { MergePatch } from '../../../src/crud/endpoints/bodies.js';
import { Context } from '../../../src/crud/endpoints/context.decorator.js';
import { ActionEndpoint } from '../../../src/crud/endpoints/endpoints.js';
import type { RequestContext } from '../../../src/crud/endpoints/request-context.js';
import { PlinthModule } from '../../../src/crud/plinth-module.js';
import { Database } from '../../../src/database/database.js';
import { CreateWidget1764000000005 } from './create-widget.migration.js';
import { Widget } from './widget.entity.js';

/** A module as a team would write it: the contract suite's second subject. */
@Injectable()
export class WidgetRepository extends CrudRepository<Widget> {
  constructor(database: Database) {
    super(database, Widget);
  }
}

@Injectable()
export class WidgetService extends CrudService<Widget> {
  constructor(widgets: WidgetRepository) {
    super(widgets, {
      stage: { level: 'deprecated', since: '2026-11-24T00:00:00Z', sunset: '2027-06-30T12:00:00Z', link: '/docs' },
    });
  }

  /** A domain verb, made of what is inherited. */
  paint(id: string, context: RequestContext): Promise<Representation<Widget>> {
    return this.update(id, new MergePatch({ colour: 'red' }), context);
  }
}

@Controller('widget')
export class WidgetController extends CrudController(Widget) {
  constructor(private readonly widgets: WidgetService) {
    super(widgets);
  }

  @ActionEndpoint('paint', Widget)
  paint(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Widget>> {
    return this.widgets.paint(id, context);
  }
}

@PlinthModule({
  resource: Widget,
  controllers: [WidgetController],
  providers: [WidgetService, WidgetRepository],
  exports: [WidgetService],
  migrations: [CreateWidget1764000000005],
})
export class WidgetModule {}
