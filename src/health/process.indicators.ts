import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Database } from '../database/database.js';

const MIB = 1_048_576;

/** Figures of the process for a person who looks at `/health`, beside up and down. */
@Injectable()
export class ProcessIndicators implements OnApplicationShutdown {
  private readonly delay = monitorEventLoopDelay({ resolution: 20 });

  constructor(
    private readonly health: HealthIndicatorService,
    private readonly database: Database,
  ) {
    this.delay.enable();
  }

  onApplicationShutdown(): void {
    this.delay.disable();
  }

  pool(): HealthIndicatorResult {
    return this.health.check('pool').up({ ...this.database.usage() });
  }

  eventLoop(): HealthIndicatorResult {
    const lag = this.delay.percentile(99) / 1e6;
    this.delay.reset();
    return this.health.check('event_loop').up({ lag_p99_ms: Math.round(lag * 10) / 10 });
  }

  memory(): HealthIndicatorResult {
    const { rss, heapUsed } = process.memoryUsage();
    return this.health
      .check('memory')
      .up({ rss_mib: Math.round(rss / MIB), heap_used_mib: Math.round(heapUsed / MIB) });
  }

  async disk(): Promise<HealthIndicatorResult> {
    const { bavail, bsize } = await statfs('.');
    return this.health.check('disk').up({ free_mib: Math.round((bavail * bsize) / MIB) });
  }
}
