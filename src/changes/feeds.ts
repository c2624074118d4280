import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ModuleRegistry } from '../crud/module.registry.js';
import { ChangeRepository } from './change.repository.js';
import { ChangeSignal } from '../rows/change-signal.js';
import { FeedCursor } from './feed-cursor.js';
import { FeedReader } from './feed-reader.js';
import { FeedRepository } from './feed.repository.js';

const CHECKED_EVERY_MS = 1_000;
/** A feed that somebody watches is read four times a second. */
const STALE_MS = 5_000;
const COUNTED_EVERY_MS = 10_000;

/** The readers of this process, one for each module that is watched, however many watch it. */
@Injectable()
export class Feeds implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Feeds.name);
  private readonly readers = new Map<string, FeedReader>();
  /** Modules whose feed is known, and was said, not to be read. */
  private readonly stale = new Set<string>();
  private timer?: NodeJS.Timeout;
  /** @param ms since the oldest change of a delivery was written */
  onDelivery: (module: string, ms: number) => void = () => undefined;
  private readonly unnumberedOf = new Map<string, number>();
  private countsAgainAt = 0;

  constructor(
    private readonly registry: ModuleRegistry,
    private readonly feeds: FeedRepository,
    private readonly changes: ChangeRepository,
    private readonly signal: ChangeSignal,
  ) {}

  /** @throws DomainError `route-not-found` for what is no module */
  readerOf(module: string): FeedReader {
    let reader = this.readers.get(module);
    if (!reader) {
      const cursor = new FeedCursor(this.registry.get(module).model, this.feeds, this.changes);
      reader = new FeedReader(cursor, ([oldest]) => this.onDelivery(module, Date.now() - oldest!.at));
      this.signal.listen(module, reader.notify.bind(reader));
      this.readers.set(module, reader);
    }
    return reader;
  }

  /** By module, milliseconds since its feed was read; 0 where nobody watches it. */
  staleness(): [string, number][] {
    return [...this.readers].map(([module, reader]) => [module, reader.staleMs]);
  }

  /**
   * By module, changes without a number when that was last counted, which this call does again in the background: whoever
   * asks must not wait for the database. Nothing of a module where it could not be counted.
   */
  unnumbered(): ReadonlyMap<string, number> {
    if (performance.now() >= this.countsAgainAt) {
      this.countsAgainAt = performance.now() + COUNTED_EVERY_MS;
      for (const { model } of this.registry.all()) void this.count(model.name);
    }
    return this.unnumberedOf;
  }

  onApplicationBootstrap(): void {
    // Beside the readers: one that hangs could not tell of it.
    this.timer = setInterval(() => this.check(), CHECKED_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const reader of this.readers.values()) reader.stop();
  }

  private async count(module: string): Promise<void> {
    try {
      this.unnumberedOf.set(module, await this.feeds.countUnnumbered(module));
    } catch {
      this.unnumberedOf.delete(module);
    }
  }

  /** Says each change of state once. */
  private check(): void {
    for (const [module, reader] of this.readers) {
      const isStale = reader.staleMs > STALE_MS;
      if (isStale === this.stale.has(module)) continue;
      if (isStale) {
        this.stale.add(module);
        const why = reader.lastFailure === '' ? 'it has not been answered' : reader.lastFailure;
        this.logger.error(`The feed of ${module} can not be read, its watchers hear nothing: ${why}`);
      } else {
        this.stale.delete(module);
        this.logger.log(`The feed of ${module} is read again, or no longer watched`);
      }
    }
  }
}
