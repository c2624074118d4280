import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from '../crud/endpoints/answer.js';
import { Context } from '../crud/endpoints/context.decorator.js';
import { HistoryEndpoint, WatchEndpoint } from '../crud/endpoints/module.endpoints.js';
import { withParameter } from '../crud/endpoints/link.js';
import type { EndpointContext } from '../crud/endpoints/request-context.js';
import { HistoryService } from './history.service.js';
import { Scope } from '../http/scope.decorator.js';
import { parseWatch } from './watch.request.js';
import { WatchService } from './watch.service.js';

type RawQuery = Readonly<Record<string, unknown>>;

/** Watching, history and audit: the same for every module to the letter, so one controller over all of them. */
@Controller()
export class ChangesController {
  constructor(
    private readonly watches: WatchService,
    private readonly history: HistoryService,
  ) {}

  @WatchEndpoint()
  async watch(
    @Param('module') module: string,
    @Query() query: RawQuery,
    @Context() context: EndpointContext,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { model } = context.endpoint;
    const wanted = parseWatch(query, request.headers['last-event-id'], model, context.caller);
    await this.watches.watch(module, wanted, context, reply);
  }

  @HistoryEndpoint()
  ofRow(
    @Param('module') module: string,
    @Param('id') id: string,
    @Query() query: RawQuery,
    @Context() context: EndpointContext,
  ): Promise<Page<object>> {
    return this.history.ofRow(module, id, query, context);
  }

  /** The audit: every change of every module, newest first. */
  @Get('changes')
  @Scope('changes:audit')
  async all(
    @Query() query: RawQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { data, page } = await this.history.all(query, request.caller);
    if (page.next_cursor !== undefined) {
      void reply.header('link', `<${withParameter(request.url, 'cursor', page.next_cursor)}>; rel="next"`);
    }
    return { data, page, status: 'success' };
  }
}
