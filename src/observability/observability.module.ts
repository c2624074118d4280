import { Global, Module } from '@nestjs/common';
import { BackgroundMetrics } from './background.metrics.js';
import { MetricRegistry } from './metric-registry.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';

@Global()
@Module({
  controllers: [MetricsController],
  providers: [BackgroundMetrics, Metrics, MetricRegistry],
  exports: [MetricRegistry],
})
export class ObservabilityModule {}
