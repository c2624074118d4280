import { Get, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { METRICS_TYPE, OPENMETRICS_TYPE } from '../http/media-types.js';
import { negotiate } from '../http/negotiation.js';
import { Scope } from '../http/scope.decorator.js';
import { Metrics } from './metrics.js';
import { RootController } from '../http/root-controller.decorator.js';

const OFFERS = [METRICS_TYPE, OPENMETRICS_TYPE];

@RootController('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** For Prometheus, with a key or token that has the scope (`authorization` in its scrape configuration). */
  @Get()
  @Scope('metrics:scrape', { offers: OFFERS, isUnlimited: true })
  async scrape(@Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    const type = negotiate(accept, OFFERS);
    void reply.header('content-type', type);
    return type === METRICS_TYPE ? this.metrics.text() : this.metrics.openMetrics();
  }
}
