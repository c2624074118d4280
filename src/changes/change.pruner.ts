import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { laggingNow } from '../database/clock.js';
import { Database } from '../database/database.js';
import { wordsOf } from '../problems/error-words.js';
import { ChangeRepository } from './change.repository.js';
import { FeedRepository } from './feed.repository.js';

const DAY_MS = 86_400_000;
const EVERY_MS = 600_000;

/** Forgets changes in small steps: the feed's after days, the audit's after months. Any process may do it. */
@Injectable()
export class ChangePruner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ChangePruner.name);
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly feeds: FeedRepository,
    private readonly changes: ChangeRepository,
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.run().catch((error: unknown) => this.logger.warn(`Old changes stay for now: ${wordsOf(error)}`));
    }, EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** @param given the present time, in milliseconds since 1970 */
  async run(given?: number): Promise<void> {
    const { feedDays, auditDays } = this.config.changes;
    const now = given ?? (await laggingNow(this.database));
    for (const module of await this.changes.modules()) {
      // Changes of a module that nobody watched have no number yet.
      await this.feeds.numberAll(module);
      await this.changes.shortenFeed(module, new Date(now - feedDays * DAY_MS).toISOString());
      const { min_seq: minSeq } = await this.feeds.get(module);
      const instant = new Date(now - Math.max(auditDays, feedDays) * DAY_MS).toISOString();
      while ((await this.changes.prune(module, instant, minSeq)) > 0);
    }
  }
}
