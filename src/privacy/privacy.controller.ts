import { Body, Controller, Get, HttpCode, Logger, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { PlainRequest } from '../access/keys/plain-request.guard.js';
import { Answer } from '../crud/endpoints/answer.decorator.js';
import { ID } from '../crud/endpoints/endpoint.decorator.js';
import { Parameters } from '../crud/endpoints/parameters.decorator.js';
import { Exports } from '../crud/export/exports.js';
import { NDJSON_TYPE } from '../http/media-types.js';
import { Scope } from '../http/scope.decorator.js';
import { EraseParameters, PrivacyOperation, SubjectDto } from './privacy.dto.js';
import { PrivacyService } from './privacy.service.js';

const ADMIN = 'privacy:admin';
const ASKED = ['no-subjects', 'read-only', 'storage-full', 'commit-outcome-unknown'];

/** The personal data of one subject, for who answers their requests. The subject stands in bodies alone, never in an address. */
@Controller('privacy')
export class PrivacyController {
  private readonly logger = new Logger('Privacy');

  constructor(
    private readonly privacy: PrivacyService,
    private readonly exports: Exports,
  ) {}

  @Post('export')
  @Scope(ADMIN)
  @HttpCode(202)
  @UseGuards(PlainRequest)
  @Answer(PrivacyOperation, { summary: 'Gather all that there is of a subject', problems: ASKED })
  async export(
    @Body() { subject }: SubjectDto,
    @Req() { caller }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PrivacyOperation> {
    return located(reply, await this.privacy.ask('export', subject, caller));
  }

  @Post('erase')
  @Scope(ADMIN)
  @HttpCode(202)
  @Answer(PrivacyOperation, { summary: 'Erase a subject everywhere', problems: ASKED })
  async erase(
    @Body() { subject }: SubjectDto,
    @Parameters() { dry_run: isDry }: EraseParameters,
    @Req() { caller }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PrivacyOperation> {
    return located(reply, await this.privacy.ask(isDry ? 'dry-run' : 'erase', subject, caller));
  }

  @Get(`operation/${ID}`)
  @Scope(ADMIN)
  @UseGuards(PlainRequest)
  @Answer(PrivacyOperation, { summary: 'How an operation is', problems: ['not-found', 'route-not-found'] })
  find(@Param('id') id: string): Promise<PrivacyOperation> {
    return this.privacy.find(id);
  }

  /** Once: a connection that breaks takes the result with it. */
  @Get(`operation/${ID}/result`)
  @Scope(ADMIN, { offers: [NDJSON_TYPE] })
  @UseGuards(PlainRequest)
  async result(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!reply.raw.destroyed) reply.raw.once('close', this.exports.begin(request.caller));
    const lines = await this.privacy.result(id, request.method === 'HEAD');
    const stream = Readable.from(lines, { objectMode: false, highWaterMark: 65_536 });
    // Without the error, which may have values: whoever reads sees the connection cut.
    stream.on('error', () => this.logger.error({ msg: 'An export ended before its end', operation: id }));
    void reply
      .headers({
        'content-type': NDJSON_TYPE,
        'cache-control': 'no-store',
        'content-disposition': `attachment; filename="${id}.ndjson"`,
      })
      .send(stream);
  }
}

function located(reply: FastifyReply, operation: PrivacyOperation): PrivacyOperation {
  void reply.header('location', `/api/privacy/operation/${operation.id}`);
  return operation;
}
