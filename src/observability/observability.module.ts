import { Module } from '@nestjs/common';
import { BackgroundMetrics } from './background.metrics.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';

@Module({ controllers: [MetricsController], providers: [BackgroundMetrics, Metrics] })
export class ObservabilityModule {}
