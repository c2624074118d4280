import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ID } from '../../crud/endpoints/endpoints.js';
import { withParameter } from '../../crud/endpoints/link.js';
import { DomainError } from '../../http/domain-error.js';
import { Scope } from '../../http/scope.decorator.js';
import { CreateApiKeyDto, RotateApiKeyDto } from './api-key.dto.js';
import { ApiKeyService } from './api-key.service.js';

const ADMIN = 'api-key:admin';

/** Keys by HTTP, for callers who may manage them. A key is shown once, and no answer with one is kept. */
@Controller('api-key')
export class ApiKeyController {
  constructor(private readonly keys: ApiKeyService) {}

  @Get()
  @Scope(ADMIN)
  async list(
    @Query() query: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { data, page } = await this.keys.list(query);
    if (page.next_cursor !== undefined)
      void reply.header('link', `<${withParameter(request.url, 'cursor', page.next_cursor)}>; rel="next"`);
    return { data, page, status: 'success' };
  }

  @Get(ID)
  @Scope(ADMIN)
  async get(@Param('id') id: string, @Req() request: FastifyRequest): Promise<object> {
    refuseParameters(request);
    return { data: await this.keys.get(id), status: 'success' };
  }

  @Post()
  @Scope(ADMIN)
  async create(
    @Body() body: CreateApiKeyDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    refuseParameters(request);
    const data = await this.keys.create(body, request);
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
    refuseParameters(request);
    const data = await this.keys.rotate(id, body, request);
    void reply.header('cache-control', 'no-store');
    return { data, status: 'success' };
  }

  @Delete(ID)
  @Scope(ADMIN)
  @HttpCode(204)
  async revoke(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    refuseParameters(request);
    await this.keys.revoke(id, request);
  }
}

/** An idempotency key would have the answer stored, and with it the key: better refused than ignored. */
function refuseParameters({ query, headers }: FastifyRequest): void {
  const [parameter] = Object.keys(query as object);
  if (parameter !== undefined) {
    const detail = `There is no parameter "${parameter.slice(0, 64).toWellFormed()}" here.`;
    throw new DomainError('unknown-parameter', detail, {
      errors: [{ code: 'unknown-parameter', detail, parameter: parameter.slice(0, 64).toWellFormed() }],
    });
  }
  if (headers['idempotency-key'] !== undefined) {
    const detail = 'Answers that hold a key are not stored: no Idempotency-Key here.';
    throw new DomainError('invalid-parameter', detail, {
      errors: [{ code: 'not-here', detail, header: 'idempotency-key' }],
    });
  }
}
