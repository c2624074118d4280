import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ModuleRegistry } from '../crud/module.registry.js';
import { ChangeRepository } from './change.repository.js';
import { ChangeSignal } from './change-signal.js';
import { FeedReader } from './feed-reader.js';
import { FeedRepository } from './feed.repository.js';

/** The readers of this process, one for each module that is watched, however many watch it. */
@Injectable()
export class Feeds implements OnApplicationShutdown {
  private readonly readers = new Map<string, FeedReader>();

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
      reader = new FeedReader(this.registry.get(module).model, this.feeds, this.changes);
      this.signal.listen(module, reader.notify.bind(reader));
      this.readers.set(module, reader);
    }
    return reader;
  }

  onApplicationShutdown(): void {
    for (const reader of this.readers.values()) reader.stop();
  }
}
