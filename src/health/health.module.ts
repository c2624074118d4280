import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { LivenessController } from './liveness.controller.js';
import { ProcessIndicators } from './process.indicators.js';
import { ReadinessChecks } from './readiness-checks.js';
import { ServiceIndicators } from './service.indicators.js';

@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [LivenessController, HealthController],
  providers: [ServiceIndicators, ProcessIndicators, ReadinessChecks],
  exports: [ReadinessChecks],
})
export class HealthModule {}
