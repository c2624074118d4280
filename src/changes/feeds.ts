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

/** The readers of this process, one for each module that is watched, however many watch it. */
@Injectable()
export class Feeds implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Feeds.name);
  private readonly readers = new Map<string, FeedReader>();
  /** Modules whose feed is known, and was said, not to be read. */
  private readonly stale = new Set<string>();
  private timer?: NodeJS.Timeout;

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
      reader = new FeedReader(new FeedCursor(this.registry.get(module).model, this.feeds, this.changes));
      this.signal.listen(module, reader.notify.bind(reader));
      this.readers.set(module, reader);
    }
    return reader;
  }

  /** By module, milliseconds since its feed was read; 0 where nobody watches it. */
  staleness(): [string, number][] {
    return [...this.readers].map(([module, reader]) => [module, reader.staleMs]);
  }

  onApplicationBootstrap(): void {
    // Beside the readers: one that hangs could not tell of it.
    this.timer = setInterval(() => this.check(), CHECKED_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const reader of this.readers.values()) reader.stop();
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
