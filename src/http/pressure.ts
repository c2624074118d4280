import { Logger } from '@nestjs/common';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { HttpConfig } from '../config/config.js';
import { DomainError } from '../problems/domain-error.js';
import { collectGarbage, HEAP_LIMIT, heapUsed, MEMORY_LIMIT } from '../runtime/heap.js';
import type { HeldBytes } from './held-bytes.js';

const LOOK_EVERY_MS = 250;
/** While memory is more than half full: it takes less than a second to fill the rest. */
const LOOK_OFTEN_MS = 25;
const MUCH_PERCENT = 50;
/** V8 leaves rubbish lying until there is no room: before anybody is refused it is collected, in a tenth of the time at most. */
const BETWEEN_COLLECTIONS = 10;
const RESOLUTION_MS = 10;
const CALM_MS = 5_000;

type Limits = Pick<HttpConfig, 'shedDelayMs' | 'shedHeapPercent' | 'shedMemoryPercent'>;

/** Whether the process has more to do than it can: then it is better to refuse some at once than to be late for all. */
export class Pressure {
  private readonly delay: ReturnType<typeof monitorEventLoopDelay>;
  private timer: NodeJS.Timeout | undefined;
  private delayLookedAt = 0;
  private isLate = false;
  private isFull = false;
  private collectsAgainAt = 0;
  private readonly logger = new Logger('Pressure');
  /** When it began to refuse, and was last seen to; undefined while all is well. */
  private refusing: { readonly since: number; last: number } | undefined;

  constructor(
    private readonly limits: Limits,
    private readonly held: Pick<HeldBytes, 'total'>,
  ) {
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  }

  /** Counts delays from here on. */
  start(): void {
    this.delay.enable();
    this.delayLookedAt = performance.now();
    this.lookAfter(LOOK_EVERY_MS);
  }

  /** @throws DomainError `overloaded` */
  check(): void {
    if (!this.isLate && !this.isFull) return;
    throw new DomainError('overloaded', 'The service has more to do than it can.', {
      headers: { 'retry-after': '1' },
      log: { limit: this.reason },
    });
  }

  stop(): void {
    clearTimeout(this.timer);
    this.delay.disable();
  }

  private lookAfter(ms: number): void {
    this.timer = setTimeout(() => this.look(), ms).unref();
  }

  private look(): void {
    const now = performance.now();
    if (now - this.delayLookedAt >= LOOK_EVERY_MS - RESOLUTION_MS) this.lookAtDelay(now);
    const { shedHeapPercent, shedMemoryPercent } = this.limits;
    const memory = MEMORY_LIMIT === Infinity ? 0 : (100 * process.memoryUsage.rss()) / MEMORY_LIMIT;
    const isOutside = shedMemoryPercent > 0 && memory > shedMemoryPercent;
    const isTooMuch = (heap: number) => isOutside || (shedHeapPercent > 0 && heap > shedHeapPercent);
    let heap = heapPercent(this.held.total);
    if (isTooMuch(heap) && now > this.collectsAgainAt) {
      collectGarbage();
      const end = performance.now();
      this.collectsAgainAt = end + BETWEEN_COLLECTIONS * (end - now);
      heap = heapPercent(this.held.total);
      this.isFull = isTooMuch(heap);
    } else this.isFull &&= isTooMuch(heap);
    this.tell(now);
    this.lookAfter(Math.max(heap, memory) > MUCH_PERCENT ? LOOK_OFTEN_MS : LOOK_EVERY_MS);
  }

  /** That it begins, and that it is over, once each, however it goes to and fro meanwhile. */
  private tell(now: number): void {
    const { refusing } = this;
    if (this.isLate || this.isFull) {
      if (refusing) refusing.last = now;
      else {
        this.refusing = { since: now, last: now };
        this.logger.warn({ msg: 'Requests are refused', reason: this.reason });
      }
    } else if (refusing && now - refusing.last >= CALM_MS) {
      this.refusing = undefined;
      const ms = Math.round(refusing.last - refusing.since);
      this.logger.log({ msg: 'All requests are taken again', refused_ms: ms });
    }
  }

  private get reason(): 'memory' | 'event-loop' {
    return this.isFull ? 'memory' : 'event-loop';
  }

  private lookAtDelay(now: number): void {
    // The histogram counts its own period as delay.
    const lateMs = this.delay.mean / 1e6 - RESOLUTION_MS;
    this.delay.reset();
    this.delayLookedAt = now;
    this.isLate = this.limits.shedDelayMs > 0 && lateMs > this.limits.shedDelayMs;
  }
}

/** Percent of the heap; of the memory beside it, for buffers and answers that lie unread, where that is more. */
function heapPercent(unread: number): number {
  const { external_memory: external } = getHeapStatistics();
  return (100 * Math.max(heapUsed(), external + unread)) / HEAP_LIMIT;
}
