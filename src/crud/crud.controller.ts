import { Body, Param, type Type } from '@nestjs/common';
import { CreateOf, type CreateInput, type UpdateInput } from '../fields/bodies.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import type { CrudService } from './crud.service.js';
import type { Listing, Representation } from './endpoints/answer.js';
import { MergePatch, Replacement } from './endpoints/bodies.js';
import { Context } from './endpoints/context.decorator.js';
import type { Endpoint, EndpointOptions } from './endpoints/endpoint.js';
import {
  CreateEndpoint,
  ListEndpoint,
  ReadEndpoint,
  RemoveEndpoint,
  ReplaceEndpoint,
  RestoreEndpoint,
  UpdateEndpoint,
} from './endpoints/endpoints.js';
import type { Format } from './endpoints/format.js';
import type { RequestContext } from './endpoints/request-context.js';

/** The handlers that every resource has, unless its controller says that it goes without. */
export interface CrudHandlers<E extends CrudEntity> {
  /** @param own those of an override, `@Parameters()` */
  list(context: RequestContext, own?: object): Promise<Listing<E>>;
  get(id: string, context: RequestContext, own?: object): Promise<Representation<E>>;
  create(body: CreateInput<E>, context: RequestContext): Promise<Representation<E>>;
  update(id: string, patch: MergePatch<UpdateInput<E>>, context: RequestContext): Promise<Representation<E>>;
  replace(id: string, body: Replacement<CreateInput<E>>, context: RequestContext): Promise<Representation<E>>;
  remove(id: string, context: RequestContext): Promise<void>;
  restore(id: string, context: RequestContext): Promise<Representation<E>>;
}
export type CrudOperation = keyof CrudHandlers<CrudEntity>;

export interface CrudControllerOptions<E> {
  readonly without?: readonly CrudOperation[];
  readonly formats?: readonly Format<E>[];
}

const ONE_ROW: EndpointOptions & Pick<Endpoint, 'createsOneRow'> = { createsOneRow: true };

/**
 * The base class of a resource's controller: `class LoanController extends CrudController(Loan)`. A handler that is to do
 * something else is overridden with its endpoint decorator, `@ReadEndpoint(Loan)`; without it the start is refused.
 * @param formats representations of single rows and of lists beside those that all resources have
 * @param without operations that the resource does not have: no route, nothing in the reference, and none in a batch
 */
export function CrudController<E extends CrudEntity>(
  resource: Type<E>,
  { without = [], formats }: CrudControllerOptions<E> = {},
): abstract new (service: CrudService<E>) => CrudHandlers<E> {
  class CreateBody extends (CreateOf(resource) as Type<object>) {}

  abstract class Handlers implements CrudHandlers<E> {
    protected constructor(private readonly service: CrudService<E>) {}

    @ListEndpoint(resource, { ...(formats && { formats }) })
    list(@Context() context: RequestContext): Promise<Listing<E>> {
      return this.service.list(context);
    }

    @ReadEndpoint(resource, { ...(formats && { formats }) })
    get(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<E>> {
      return this.service.get(id, context);
    }

    @CreateEndpoint(resource, { ...ONE_ROW, ...(formats && { formats }) })
    create(@Body() body: CreateBody, @Context() context: RequestContext): Promise<Representation<E>> {
      return this.service.create(body as CreateInput<E>, context);
    }

    @UpdateEndpoint(resource)
    update(
      @Param('id') id: string,
      @Body() patch: MergePatch<UpdateInput<E>>,
      @Context() context: RequestContext,
    ): Promise<Representation<E>> {
      return this.service.update(id, patch, context);
    }

    @ReplaceEndpoint(resource, { ...(formats && { formats }) })
    replace(
      @Param('id') id: string,
      @Body() body: Replacement<CreateInput<E>>,
      @Context() context: RequestContext,
    ): Promise<Representation<E>> {
      return this.service.replace(id, body, context);
    }

    @RemoveEndpoint(resource)
    remove(@Param('id') id: string, @Context() context: RequestContext): Promise<void> {
      return this.service.remove(id, context);
    }

    @RestoreEndpoint(resource)
    restore(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<E>> {
      return this.service.restore(id, context);
    }
  }
  // Nest makes a route of each method that it finds.
  for (const operation of without) Reflect.deleteProperty(Handlers.prototype, operation);
  return Handlers as unknown as abstract new (service: CrudService<E>) => CrudHandlers<E>;
}
