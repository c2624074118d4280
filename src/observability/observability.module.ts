import { Global, Module } from '@nestjs/common';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { SecurityLog } from './security-log.js';

/** Whoever refuses something, or changes a key, tells the security log. */
@Global()
@Module({ controllers: [MetricsController], providers: [Metrics, SecurityLog], exports: [SecurityLog] })
export class ObservabilityModule {}
