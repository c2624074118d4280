import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { laggingNow } from '../../database/clock.js';
import { Database } from '../../database/database.js';
import { wordsOf } from '../../problems/error-words.js';
import { IdempotencyRepository } from './idempotency.repository.js';

const HOUR = 3_600_000;
const KEPT_MS = 24 * HOUR;
const EVERY_MS = HOUR / 6;

/** Forgets keys after 24 h, a few hundred at a time. Any number of processes may do it at once. */
@Injectable()
export class IdempotencyPruner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(IdempotencyPruner.name);
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly keys: IdempotencyRepository,
    private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async run(): Promise<void> {
    try {
      const since = new Date((await laggingNow(this.database)) - KEPT_MS).toISOString();
      while ((await this.keys.prune(since)) > 0);
    } catch (error) {
      this.logger.warn(`Old idempotency keys stay for now: ${wordsOf(error)}`);
    }
  }
}
