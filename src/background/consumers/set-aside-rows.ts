import { Logger } from '@nestjs/common';
import type { ChangeRepository } from '../../changes/change.repository.js';
import type { Hold } from '../leases/work.js';
import { CutError } from '../time-limit.js';
import { errorText } from '../error-text.js';
import { isOutage, type Delivery } from './delivery.js';
import type { SetAsideEntity } from './set-aside.entity.js';
import type { Failure, SetAsideRepository } from './set-aside.repository.js';

/** With more of them something else is wrong than the changes: the consumer waits at the next one that fails. */
const MOST_ROWS = 1_000;

/**
 * Rows whose changes a consumer does not get: from the one on that could not be handled. The later ones stay in the log, and come
 * in their order once an operator has had the first one tried again, or left out.
 */
export class SetAsideRows {
  private readonly logger = new Logger('Consumer');
  private readonly rows = new Set<string>();

  constructor(
    private readonly consumer: { readonly name: string; readonly module: string },
    private readonly repository: SetAsideRepository,
    private readonly changes: ChangeRepository,
    private readonly delivery: Delivery,
  ) {}

  async load(): Promise<void> {
    for (const row of await this.repository.rowsOf(this.consumer.name)) this.rows.add(row);
  }

  has(row: string): boolean {
    return this.rows.has(row);
  }

  get isEmpty(): boolean {
    return this.rows.size === 0;
  }

  get isFull(): boolean {
    return this.rows.size >= MOST_ROWS;
  }

  /** In the transaction that moves the consumer's position. */
  add(failure: Failure): Promise<void> {
    const { name, module } = this.consumer;
    return this.repository.add(name, module, failure);
  }

  /** After that transaction. */
  added({ change, tries, error }: Failure): void {
    this.rows.add(change.resource_id);
    const { name, module } = this.consumer;
    this.logger.error({
      msg: `Consumer ${name} sets the changes of ${module} ${change.resource_id} aside from change ${change.seq} on, after ${tries} tries: ${error}`,
      consumer: name,
    });
  }

  /** Gives what operators have said something about another try, up to where the consumer is. @throws CutError */
  async goThrough(upTo: number, hold: Hold): Promise<void> {
    if (this.isEmpty) return;
    for (const one of await this.repository.due(this.consumer.name)) await this.goOn(one, upTo, hold);
  }

  private async goOn(one: SetAsideEntity, upTo: number, hold: Hold): Promise<void> {
    let at = one;
    for (;;) {
      const { module } = this.consumer;
      const rows = await this.changes.ofRow(module, at.resource_id, at.seq, upTo);
      const isGone = rows[0]?.id !== at.change_id;
      if (isGone)
        this.logger.error(`Change ${at.seq} of ${module} ${at.resource_id} is gone from the log: it is left out`);
      else if (at.state === 'skip') rows.shift();
      if (rows.length === 0) break;
      for (const change of rows) {
        const failure = await this.tryOnce(change, at, hold);
        if (failure) return this.repository.stand(one.id, failure.isOutage ? 'retry' : 'waiting', failure);
      }
      // Done up to the last of them.
      const change = rows.at(-1)!;
      at = { ...at, change_id: change.id, seq: change.seq!, state: 'skip' };
      await this.repository.stand(one.id, 'skip', { change, tries: 0, error: at.error });
    }
    await this.repository.remove(one.id);
    this.rows.delete(one.resource_id);
    this.logger.log(`Consumer ${this.consumer.name} has the changes of ${one.module} ${one.resource_id} again`);
  }

  private async tryOnce(
    change: Parameters<Delivery['once']>[0],
    at: SetAsideEntity,
    hold: Hold,
  ): Promise<(Failure & { readonly isOutage: boolean }) | undefined> {
    if (hold.ending.aborted) throw new CutError('The consumer is to end.');
    try {
      await this.delivery.once(change, hold);
      return undefined;
    } catch (error) {
      if (error instanceof CutError) throw error;
      const tries = (change.id === at.change_id ? at.tries : 0) + 1;
      this.logger.warn({ msg: `Consumer ${this.consumer.name} failed again on change ${change.seq}`, err: error });
      return { change, tries, error: errorText(error), isOutage: isOutage(error) };
    }
  }
}
