import { Controller, Get, Header } from '@nestjs/common';
import { METRICS_TYPE } from '../http/media-types.js';
import { Scope } from '../http/scope.decorator.js';
import { Metrics } from './metrics.js';

@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** For Prometheus, with a key or token that has the scope (`authorization` in its scrape configuration). */
  @Get()
  @Scope('metrics:scrape', { offers: [METRICS_TYPE], isUnlimited: true })
  @Header('content-type', METRICS_TYPE)
  scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
