import { Logger } from '@nestjs/common';
import type { CrudModel } from '../crud/crud.model.js';
import type { ChangeRepository } from './change.repository.js';
import type { FeedRepository } from './feed.repository.js';
import type { ChangeEntity } from '../rows/change.entity.js';
import type { Feed } from '../rows/feed-heads.js';
import type { Position } from './position.js';

/** The feed does not go on from where it was read: it was pruned, or the database was restored. */
export class FeedBroken extends Error {}

export type Head = Pick<Feed, 'head' | 'epoch'>;

/** A place in one module's feed, and the way on from there. All up to it is on disk. */
export class FeedCursor {
  private readonly logger = new Logger(FeedCursor.name);
  private place: Position = { epoch: '', seq: 0 };
  /** The id of the change at the place: undefined before the first one, and where it was pruned. */
  private id: string | undefined;

  constructor(
    readonly model: CrudModel,
    private readonly feeds: FeedRepository,
    private readonly changes: ChangeRepository,
  ) {}

  get position(): Position {
    return this.place;
  }

  /**
   * Numbers what was committed: all of it, or at least the first part.
   * @returns how far the feed goes
   * @throws FeedBroken
   */
  async look(all: boolean): Promise<Head> {
    const { epoch, seq } = this.place;
    const { name } = this.model;
    const feed = await (all ? this.feeds.numberAll(name, seq) : this.feeds.number(name, seq));
    if (epoch !== '' && feed.epoch !== epoch) throw new FeedBroken('It has a new epoch.');
    if (feed.head < seq) await this.renew();
    return feed;
  }

  /** Goes on by a part of what is left up to the head. @throws FeedBroken */
  async next({ head }: Head): Promise<ChangeEntity[]> {
    const { epoch, seq } = this.place;
    // With the change at the place, unless it was pruned: it tells whether this is still the same history.
    const rows = await this.changes.between(this.model.name, seq - 1, head);
    const here = rows[0]?.seq === seq ? rows.shift() : undefined;
    if (here && this.id !== undefined && here.id !== this.id) await this.renew();
    // It was so large that nothing else came with it.
    if (here && rows.length === 0) rows.push(...(await this.changes.between(this.model.name, seq, head)));
    if (rows[0]?.seq !== seq + 1) throw new FeedBroken(`The changes after ${seq} are gone.`);
    const last = rows.at(-1)!;
    this.startAt({ epoch, seq: last.seq! }, last.id);
    return rows;
  }

  /** Leaves out what comes before the head. */
  async skipTo({ head, epoch }: Head): Promise<void> {
    this.startAt({ epoch, seq: head }, await this.changes.idAt(this.model.name, head));
  }

  /** @param id of the change at the place, where it is known */
  startAt(place: Position, id: string | undefined): void {
    this.place = place;
    this.id = id;
  }

  /** Forgets the place, for a feed that nobody reads. */
  reset(): void {
    this.startAt({ epoch: '', seq: 0 }, undefined);
  }

  /**
   * Changes that were told are not there any more: the database was restored, without a new epoch. Clients that resumed
   * would miss the changes that have got the same numbers since, so it gets one now.
   */
  private async renew(): Promise<never> {
    const { name } = this.model;
    const isRenewed = await this.feeds.renew(name, this.place, this.id);
    if (!isRenewed) throw new Error('The database has answered with an old state.');
    this.logger.error(`The feed of ${name} has lost changes that were told (a restore?): it has a new epoch now`);
    throw new FeedBroken('It was given a new epoch.');
  }
}
