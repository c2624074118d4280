import { Injectable } from '@nestjs/common';
import { ChangeRepository } from '../../changes/change.repository.js';
import { FeedRepository } from '../../changes/feed.repository.js';
import { Database } from '../../database/database.js';
import { ChangeSignal } from '../../rows/change-signal.js';
import { BackgroundCounts } from '../background-counts.js';
import { ConsumerRepository } from './consumer.repository.js';
import { SetAsideRepository } from './set-aside.repository.js';

/** The services that every consumer works with. */
@Injectable()
export class ConsumerKit {
  constructor(
    readonly feeds: FeedRepository,
    readonly changes: ChangeRepository,
    readonly signal: ChangeSignal,
    readonly positions: ConsumerRepository,
    readonly setAside: SetAsideRepository,
    readonly database: Database,
    readonly counts: BackgroundCounts,
  ) {}
}
