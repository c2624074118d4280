import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { DatabaseState } from '../database/database-state.js';
import { Draining } from '../runtime/draining.js';

/** Whether requests can be served, from memory alone. */
@Injectable()
export class ServiceIndicators {
  constructor(
    private readonly health: HealthIndicatorService,
    private readonly state: DatabaseState,
    private readonly draining: Draining,
  ) {}

  database(): HealthIndicatorResult {
    const { status, isReady, isWritable, pendingMigrations, missing, latencyMs } = this.state;
    const check = this.health.check('database');
    if (!isReady)
      return check.down({
        state: status,
        ...(pendingMigrations && { pending_migrations: pendingMigrations }),
        ...(status === 'schema-differs' && { missing }),
      });
    const latency_ms = Math.round((latencyMs ?? 0) * 10) / 10;
    // Ready: without any replica that is, nobody could read.
    return check.up({ latency_ms, ...(!isWritable && { state: status }) });
  }

  serving(): HealthIndicatorResult {
    const check = this.health.check('process');
    return this.draining.isDraining ? check.down({ state: 'draining' }) : check.up();
  }

  /** Up once the database has been reached and its schema is there; what fails later is readiness' to say. */
  startup(): HealthIndicatorResult {
    const check = this.health.check('startup');
    return this.state.wasReady ? check.up() : check.down({ state: this.state.status });
  }
}
