import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Config } from '../../config/config.js';
import { RepeatedLines } from '../../observability/repeated-lines.js';
import { RateLimitRepository } from './rate-limit.repository.js';
import type { SlidingCount } from './sliding-count.js';

const EVERY_MS = 500;
const MINUTE_MS = 60_000;
const KEPT_MINUTES = 3;

interface Shared {
  readonly kind: string;
  readonly count: SlidingCount;
  /** What of this minute is in the database already. */
  told: Map<string, number>;
}

/**
 * One budget for all processes, through the database that they share: each tells twice a second what it has counted, and
 * hears what the others have. A request costs no statement; in half a second a caller can get at most as much more as
 * they can send. While the database is away each process counts alone.
 */
@Injectable()
export class SharedCounts implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly lines = new RepeatedLines(SharedCounts.name);
  private readonly shared: Shared[] = [];
  private minute = 0;
  private prunedAt = 0;
  private timer?: NodeJS.Timeout;
  private running: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly repository: RateLimitRepository,
  ) {}

  share(kind: string, count: SlidingCount): void {
    this.shared.push({ kind, count, told: new Map() });
  }

  onApplicationBootstrap(): void {
    const { keys, jwt, limits } = this.config.access;
    if (limits.scope !== 'database' || (!keys && !jwt)) return;
    this.timer = setInterval(() => {
      this.running ??= this.exchange()
        .catch((error: unknown) => {
          const { message } = error as Error;
          this.lines.write('warn', message, { msg: `Limits are counted alone for now: ${message}` });
        })
        .finally(() => (this.running = undefined));
    }, EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async exchange(): Promise<void> {
    const now = Date.now();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.minute) for (const one of this.shared) one.told = new Map();
    this.minute = minute;
    for (const one of this.shared) await this.tell(one, minute, now);
    if (this.prunedAt === minute) return;
    this.prunedAt = minute;
    while ((await this.repository.prune(minute - KEPT_MINUTES)) > 0);
  }

  private async tell({ kind, count, told }: Shared, minute: number, now: number): Promise<void> {
    const here = new Map(count.counts(now));
    if (here.size === 0) return;
    const keys = new Map([...here.keys()].map((key) => [digestOf(kind, key), key]));
    const tallies = [...keys].map(([id, key]) => ({ id, requests: here.get(key)! - (told.get(key) ?? 0) }));
    const totals = await this.repository.add(minute, tallies);
    for (const { id, requests } of totals) {
      const key = keys.get(id)!;
      told.set(key, here.get(key)!);
      count.setOthers(key, minute, requests - here.get(key)!);
    }
  }
}

/** Neither names nor addresses are written down. */
function digestOf(kind: string, key: string): string {
  return createHash('sha256').update(`${kind} ${key}`).digest('base64url');
}
