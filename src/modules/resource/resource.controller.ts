import { Body, Controller, Param } from '@nestjs/common';
import type { Listing, Representation } from '../../crud/endpoints/answer.js';
import { MergePatch, Replacement } from '../../crud/endpoints/bodies.js';
import { Context } from '../../crud/endpoints/context.decorator.js';
import {
  CreateEndpoint,
  ListEndpoint,
  ReadEndpoint,
  RemoveEndpoint,
  ReplaceEndpoint,
  RestoreEndpoint,
  UpdateEndpoint,
} from '../../crud/endpoints/endpoints.js';
import type { RequestContext } from '../../crud/endpoints/request-context.js';
import { CreateResourceDto } from './dto/create-resource.dto.js';
import { ResourceDto } from './dto/resource.dto.js';
import type { UpdateResourceDto } from './dto/update-resource.dto.js';
import { ResourceService } from './resource.service.js';

@Controller('resource')
export class ResourceController {
  constructor(private readonly resources: ResourceService) {}

  @ListEndpoint(ResourceDto)
  list(@Context() context: RequestContext): Promise<Listing<ResourceDto>> {
    return context.id === undefined ? this.resources.list(context) : this.resources.get(context.id, context);
  }

  @ReadEndpoint(ResourceDto)
  get(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<ResourceDto>> {
    return this.resources.get(id, context);
  }

  @CreateEndpoint(ResourceDto)
  create(@Body() body: CreateResourceDto, @Context() context: RequestContext): Promise<Representation<ResourceDto>> {
    return this.resources.create(body, context);
  }

  @UpdateEndpoint(ResourceDto)
  update(
    @Param('id') id: string,
    @Body() patch: MergePatch<UpdateResourceDto>,
    @Context() context: RequestContext,
  ): Promise<Representation<ResourceDto>> {
    return this.resources.update(id, patch, context);
  }

  @ReplaceEndpoint(ResourceDto)
  replace(
    @Param('id') id: string,
    @Body() body: Replacement<CreateResourceDto>,
    @Context() context: RequestContext,
  ): Promise<Representation<ResourceDto>> {
    return this.resources.replace(id, body, context);
  }

  @RemoveEndpoint(ResourceDto)
  remove(@Param('id') id: string, @Context() context: RequestContext): Promise<void> {
    return this.resources.remove(id, context);
  }

  @RestoreEndpoint(ResourceDto)
  restore(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<ResourceDto>> {
    return this.resources.restore(id, context);
  }
}
