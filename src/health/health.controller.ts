import { Get, UseFilters } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { HealthFilter } from './health.filter.js';
import { ProcessIndicators } from './process.indicators.js';
import { ReadinessChecks } from './readiness-checks.js';
import { ServiceIndicators } from './service.indicators.js';
import { RootController } from '../http/root-controller.decorator.js';

@RootController('health')
@UseFilters(HealthFilter)
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly service: ServiceIndicators,
    private readonly process: ProcessIndicators,
    private readonly checks: ReadinessChecks,
  ) {}

  /** May requests be sent here now? */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.service.serving(), () => this.service.database(), ...this.checks.all]);
  }

  /** Tells whether it has ever been ready. */
  @Get('startup')
  @HealthCheck()
  startup(): Promise<HealthCheckResult> {
    return this.health.check([() => this.service.startup()]);
  }

  /** Shows everything, for people. */
  @Get()
  @HealthCheck()
  all(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.service.serving(),
      () => this.service.database(),
      ...this.checks.all,
      () => this.process.pool(),
      () => this.process.eventLoop(),
      () => this.process.memory(),
      () => this.process.disk(),
    ]);
  }
}
