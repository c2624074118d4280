import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { HttpConfig } from '../config/config.js';
import { DomainError } from '../problems/domain-error.js';

const LOOK_EVERY_MS = 250;
const RESOLUTION_MS = 10;

/** Whether the process has more to do than it can: then it is better to refuse some at once than to be late for all. */
export class Pressure {
  private readonly delay: ReturnType<typeof monitorEventLoopDelay>;
  private timer: NodeJS.Timeout | undefined;
  private isHigh = false;

  constructor(private readonly limits: Pick<HttpConfig, 'shedDelayMs' | 'shedHeapPercent'>) {
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  }

  /** From here on delays count. */
  start(): void {
    this.delay.enable();
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  /** @throws DomainError `overloaded` */
  check(): void {
    if (!this.isHigh) return;
    throw new DomainError('overloaded', 'The service has more to do than it can.', { headers: { 'retry-after': '1' } });
  }

  stop(): void {
    clearInterval(this.timer);
    this.delay.disable();
  }

  private look(): void {
    const { shedDelayMs, shedHeapPercent } = this.limits;
    // The histogram counts its own period as delay.
    const lateMs = this.delay.mean / 1e6 - RESOLUTION_MS;
    this.delay.reset();
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const isLate = shedDelayMs > 0 && lateMs > shedDelayMs;
    this.isHigh = isLate || (shedHeapPercent > 0 && (100 * used) / limit > shedHeapPercent);
  }
}
