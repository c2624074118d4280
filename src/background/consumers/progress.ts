import type { Position } from '../../changes/position.js';
import type { Database } from '../../database/database.js';
import type { ChangeEntity } from '../../rows/change.entity.js';
import type { ConsumerEntity } from './consumer.entity.js';
import type { ConsumerRepository, Place } from './consumer.repository.js';

/** A change handled is not handled again later than this, unless the process dies. */
const SAVED_EVERY_MS = 100;
/** After a start each change is saved by itself: if one of them ends the process, the next start knows which. */
const CAREFUL_MS = 10_000;

/** Another process has moved the position, so this one is not the consumer any more. */
class Overtaken extends Error {}

/** How far a consumer is, in memory and, a little later, in the database. */
export class Progress {
  private place: Place;
  private saved: Position;
  private savedAt = performance.now();
  private readonly beganAt = performance.now();

  constructor(
    private readonly name: string,
    private readonly repository: ConsumerRepository,
    private readonly database: Database,
    { epoch, seq, change_id: id }: ConsumerEntity,
  ) {
    this.place = { epoch, seq, id };
    this.saved = this.place;
  }

  get position(): Place {
    return this.place;
  }

  /** All up to the change is done. @throws Error where another process goes on */
  async moveTo({ seq, id }: Pick<ChangeEntity, 'seq' | 'id'>): Promise<void> {
    this.place = { ...this.place, seq: seq!, id };
    const now = performance.now();
    if (now - this.savedAt >= SAVED_EVERY_MS || now - this.beganAt < CAREFUL_MS) await this.save();
  }

  /** The same place in what is another history by name only. */
  async adopt(epoch: string): Promise<void> {
    this.place = { ...this.place, epoch };
    await this.save();
  }

  async save(): Promise<void> {
    if (this.place === this.saved) return;
    await this.swap();
    this.wasSaved();
  }

  /** All up to the change is done with what `work` writes, or neither is. */
  async moveWith({ seq, id }: Pick<ChangeEntity, 'seq' | 'id'>, work: () => Promise<void>): Promise<void> {
    this.place = { ...this.place, seq: seq!, id };
    await this.database.transaction(async () => {
      await work();
      await this.swap();
    });
    this.wasSaved();
  }

  private async swap(): Promise<void> {
    if (await this.repository.move(this.name, this.saved, this.place)) return;
    throw new Overtaken('Another process has moved its position.');
  }

  private wasSaved(): void {
    this.saved = this.place;
    this.savedAt = performance.now();
  }
}
