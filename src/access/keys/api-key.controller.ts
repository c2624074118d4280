import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ID } from '../../crud/endpoints/endpoint.decorator.js';
import { pageAnswer } from '../../crud/endpoints/page-answer.js';
import { Scope } from '../../http/scope.decorator.js';
import { SecurityLog } from '../security-log.js';
import { CreateApiKeyDto, RotateApiKeyDto } from './api-key.dto.js';
import { ApiKeyService } from './api-key.service.js';

const ADMIN = 'api-key:admin';

/** Keys by HTTP, for callers who may manage them. A key is shown once, and no answer with one is kept. */
@Controller('api-key')
export class ApiKeyController {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly security: SecurityLog,
  ) {}

  @Get()
  @Scope(ADMIN)
  async list(
    @Query() query: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    return pageAnswer(await this.keys.list(query, request.caller), request, reply);
  }

  @Get(ID)
  @Scope(ADMIN)
  async get(@Param('id') id: string): Promise<object> {
    return { data: await this.keys.get(id), status: 'success' };
  }

  @Post()
  @Scope(ADMIN)
  async create(
    @Body() body: CreateApiKeyDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const data = await this.keys.create(body, request);
    const { scopes, expires_at } = data;
    this.security.keyChanged('key-created', request, data.id, { scopes, expires_at });
    void reply.header('location', `/api/api-key/${data.id}`).header('cache-control', 'no-store');
    return { data, status: 'success' };
  }

  @Post(`${ID}::rotate`)
  @Scope(ADMIN)
  @HttpCode(200)
  async rotate(
    @Param('id') id: string,
    @Body() body: RotateApiKeyDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const data = await this.keys.rotate(id, body, request);
    this.security.keyChanged('key-rotated', request, id, { previous_until: data.previous_until });
    void reply.header('cache-control', 'no-store');
    return { data, status: 'success' };
  }

  @Delete(ID)
  @Scope(ADMIN)
  @HttpCode(204)
  async revoke(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    await this.keys.revoke(id, request);
    this.security.keyChanged('key-revoked', request, id);
  }
}
