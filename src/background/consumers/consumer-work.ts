import { Logger } from '@nestjs/common';
import { FeedBroken, FeedCursor } from '../../changes/feed-cursor.js';
import type { ChangeEntity } from '../../rows/change.entity.js';
import type { Hold, Work } from '../leases/work.js';
import { CutError } from '../time-limit.js';
import type { Consumer } from './consumer.js';
import type { ConsumerEntity } from './consumer.entity.js';
import type { ConsumerKit } from './consumer-kit.js';
import { Delivery } from './delivery.js';
import { Progress } from './progress.js';
import { SetAsideRows } from './set-aside-rows.js';
import type { Failure } from './set-aside.repository.js';
import { Waker } from './waker.js';

/** After so many at once there are more, which may only have to be numbered. */
const MANY = 64;

/** One run: from the taking of the lease until it is lost. */
interface Run {
  readonly hold: Hold;
  readonly cursor: FeedCursor;
  readonly progress: Progress;
  readonly aside: SetAsideRows;
  /** Tries of the first change before this run. */
  tries: number;
  isFirst: boolean;
}

/** Reads a module's feed for one consumer, as fast as its handler goes: one change after the other. */
export class ConsumerWork implements Work {
  readonly name: string;
  private readonly logger = new Logger('Consumer');
  private readonly delivery: Delivery;
  private readonly waker = new Waker();

  constructor(
    private readonly consumer: Consumer,
    private readonly kit: ConsumerKit,
  ) {
    this.name = `consumer:${consumer.name}`;
    this.delivery = new Delivery(consumer, kit.counts);
  }

  /** There is something to do that no commit of this process tells of. */
  wake(): void {
    this.waker.wake();
  }

  async run(hold: Hold): Promise<void> {
    const row = await this.row();
    if (row.stopped !== null) return;
    const { module } = this.consumer;
    const { feeds, changes, signal, positions, database, setAside } = this.kit;
    const cursor = new FeedCursor(this.consumer.model, feeds, changes);
    const progress = new Progress(this.consumer.name, positions, database, row);
    const aside = new SetAsideRows(this.consumer, setAside, changes, this.delivery);
    await aside.load();
    const run: Run = { hold, cursor, progress, aside, tries: row.tries, isFirst: true };
    const unlisten = signal.listen(module, () => this.waker.wake());
    try {
      while (!hold.ending.aborted) {
        this.waker.begin();
        const isBusy = await this.goThrough(run);
        await progress.save();
        if (!isBusy) await this.waker.pause(hold.ending);
      }
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      await progress.save();
    } finally {
      unlisten();
    }
  }

  /** @throws CutError */
  private async goThrough(run: Run): Promise<boolean> {
    const { cursor, progress, hold } = run;
    await run.aside.goThrough(progress.position.seq, hold);
    const { id, ...place } = progress.position;
    cursor.startAt(place, id ?? undefined);
    try {
      const feed = await cursor.look(false);
      if (cursor.position.seq >= feed.head) return false;
      const part = await cursor.next(feed);
      for (const change of part) {
        if (hold.ending.aborted) return false;
        await this.take(change, run);
        this.waker.changed();
      }
      return cursor.position.seq < feed.head || part.length >= MANY;
    } catch (error) {
      if (!(error instanceof FeedBroken)) throw error;
      await this.mend(run, error);
      return true;
    }
  }

  private async take(change: ChangeEntity, run: Run): Promise<void> {
    const { progress, aside } = run;
    const failure = aside.has(change.resource_id) ? 'waits' : await this.tried(change, run);
    run.isFirst = false;
    if (failure === 'waits') this.kit.counts.change(this.consumer.name, 'waiting');
    if (failure === 'waits' || failure === undefined) return progress.moveTo(change);
    await progress.moveWith(change, () => aside.add(failure));
    aside.added(failure);
    this.kit.counts.change(this.consumer.name, 'set-aside');
  }

  private async tried(change: ChangeEntity, run: Run): Promise<Failure | undefined> {
    const { positions } = this.kit;
    const { name, tries: most } = this.consumer;
    const { progress, aside, hold } = run;
    const before = run.isFirst ? run.tries : 0;
    if (before >= most && !aside.isFull)
      return { change, tries: before, error: 'The process ended each time while it was handled.' };
    // The change that is done is on disk before tries of the next one are counted.
    const count = async (tries: number) => {
      await progress.save();
      await positions.setTries(name, progress.position, tries);
    };
    // Said beforehand: a change that ends the process is known by it.
    if (run.isFirst) await count(before + 1);
    let failed = before;
    const onFailure = (tries: number) => count((failed = tries));
    try {
      return await this.delivery.deliver(change, hold, { before, onFailure, mayGiveUp: () => !aside.isFull });
    } catch (error) {
      if (error instanceof CutError) await count(failed);
      throw error;
    }
  }

  /** Its position, which it gets now where it has none. */
  private async row(): Promise<ConsumerEntity> {
    const { name, module, from } = this.consumer;
    const { positions, feeds, changes } = this.kit;
    const found = await positions.find(name);
    if (found?.module === module) return found;
    if (found)
      throw new Error(
        `has a position in the changes of ${found.module}: for those of ${module} it needs another name.`,
      );
    const { epoch, head } = await feeds.numberAll(module);
    const seq = from === 'now' ? head : (await feeds.get(module)).min_seq - 1;
    await positions.begin(name, module, { epoch, seq, id: (await changes.idAt(module, seq)) ?? null });
    return this.row();
  }

  /**
   * The feed does not go on from the position. With a new epoch it still does where the change at the position is the same one:
   * the position was restored together with the log.
   */
  private async mend({ progress }: Run, { message }: FeedBroken): Promise<void> {
    const { name, module } = this.consumer;
    const { feeds, changes, positions } = this.kit;
    const { epoch, seq, id } = progress.position;
    const feed = await feeds.get(module);
    const isSame = seq <= feed.head && (id === null || (await changes.idAt(module, seq)) === id);
    if (isSame && feed.epoch !== epoch) {
      this.logger.warn(`The feed of ${module} has a new epoch: consumer ${name} goes on after change ${seq}`);
      return progress.adopt(feed.epoch);
    }
    await progress.save();
    const why = isSame ? message : `The feed is another one than was read up to change ${seq}. ${message}`;
    await positions.stop(name, progress.position, why);
    this.logger.error({
      msg: `Consumer ${name} of ${module} is stopped until an operator restarts it: ${why}`,
      consumer: name,
    });
    throw new CutError('The consumer is stopped.');
  }
}
