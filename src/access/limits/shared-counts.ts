import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Config } from '../../config/config.js';
import { RepeatedLines } from '../../runtime/repeated-lines.js';
import { RateLimitRepository } from './rate-limit.repository.js';
import type { SharedCount, Untold } from './tally.js';

const EVERY_MS = 500;
const MINUTE_MS = 60_000;
const KEPT_MINUTES = 3;

/**
 * One budget for all processes, through the database that they share: each tells twice a second what it has counted since,
 * and hears what the others have for the same callers. A request costs no statement, and a caller who does not come none
 * either; in half a second a caller can get at most as much more as they can send. While the database is away each process
 * counts alone.
 */
@Injectable()
export class SharedCounts implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly lines = new RepeatedLines(SharedCounts.name);
  private readonly shared: { readonly kind: string; readonly count: SharedCount }[] = [];
  private prunedAt = 0;
  private timer?: NodeJS.Timeout;
  private running: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly repository: RateLimitRepository,
  ) {}

  share(kind: string, count: SharedCount): void {
    this.shared.push({ kind, count });
  }

  onApplicationBootstrap(): void {
    const { keys, jwt } = this.config.access;
    if (this.shared.length === 0 || (!keys && !jwt)) return;
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
    let told = 0;
    for (const { kind, count } of this.shared) told += await this.tell(kind, count, now);
    const minute = Math.floor(now / MINUTE_MS);
    if (told === 0 || this.prunedAt === minute) return;
    this.prunedAt = minute;
    while ((await this.repository.prune(minute - KEPT_MINUTES)) > 0);
  }

  /** @returns how many counts had changed */
  private async tell(kind: string, count: SharedCount, now: number): Promise<number> {
    const untold = count.untold(now).map((one) => ({ ...one, id: digestOf(kind, one.key) }));
    // In one order for all processes, so that none waits for another in a circle.
    untold.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.minute - b.minute));
    for (let at = 0; at < untold.length; at += RateLimitRepository.AT_ONCE)
      await this.tellSome(count, untold.slice(at, at + RateLimitRepository.AT_ONCE), now);
    return untold.length;
  }

  private async tellSome(count: SharedCount, untold: (Untold & { id: string })[], now: number): Promise<void> {
    const counted = untold.map(({ id, minute, tally: { here, told } }) => ({
      id,
      minute,
      requests: Math.trunc(here - told),
    }));
    await this.repository.add(counted);
    for (const [n, { tally }] of untold.entries()) tally.told += counted[n]!.requests;
    const keys = new Map(untold.map(({ id, key }) => [id, key]));
    const minute = Math.floor(now / MINUTE_MS);
    // The minute before as well: it still counts, and here it may have been known only in part. A day's comes later.
    for (const { id, minute: of, requests } of await this.repository.totals([...keys.keys()], minute - 1))
      count.hear(keys.get(id)!, of, requests);
  }
}

/** Neither names nor addresses are written down. */
function digestOf(kind: string, key: string): string {
  return createHash('sha256').update(`${kind} ${key}`).digest('base64url');
}
