import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ID } from '../crud/endpoints/endpoint.decorator.js';
import { pageAnswer } from '../crud/endpoints/page-answer.js';
import { Scope } from '../http/scope.decorator.js';
import { RestartConsumerDto } from './background.dto.js';
import { BackgroundService } from './background.service.js';

const ADMIN = 'background:admin';

/** Consumers and jobs, for operators. */
@Controller('background')
export class BackgroundController {
  constructor(private readonly background: BackgroundService) {}

  @Get()
  @Scope(ADMIN)
  async state(): Promise<object> {
    return { data: await this.background.state(), status: 'success' };
  }

  @Get('set-aside')
  @Scope(ADMIN)
  async list(
    @Query() query: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    return pageAnswer(await this.background.list(query, request.caller), request, reply);
  }

  @Post(`set-aside/${ID}::retry`)
  @Scope(ADMIN)
  @HttpCode(202)
  async retry(@Param('id') id: string, @Req() { caller }: FastifyRequest): Promise<object> {
    return { data: await this.background.decide(id, 'retry', caller), status: 'success' };
  }

  @Post(`set-aside/${ID}::skip`)
  @Scope(ADMIN)
  @HttpCode(202)
  async skip(@Param('id') id: string, @Req() { caller }: FastifyRequest): Promise<object> {
    return { data: await this.background.decide(id, 'skip', caller), status: 'success' };
  }

  @Post(`consumer/${ID}::restart`)
  @Scope(ADMIN)
  @HttpCode(202)
  async restart(
    @Param('id') name: string,
    @Body() { from }: RestartConsumerDto,
    @Req() { caller }: FastifyRequest,
  ): Promise<object> {
    return { data: await this.background.restart(name, from, caller), status: 'success' };
  }
}
