import { Injectable, Logger } from '@nestjs/common';
import type { Hold, Work } from '../../background/leases/work.js';
import { pause } from '../../background/leases/work.js';
import { Waker } from '../../background/consumers/waker.js';
import { DomainError } from '../../problems/domain-error.js';
import { Counts } from '../erasure/counts.js';
import { Eraser } from '../erasure/eraser.js';
import type { Task } from '../erasure/task.js';
import { Ledger } from '../ledger/ledger.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import type { OperationEntity } from './operation.entity.js';
import { OperationRepository } from './operation.repository.js';

/** Faults of no operation: it waits until they are over. */
const OUTAGES: ReadonlySet<string> = new Set([
  'database-unavailable',
  'database-busy',
  'read-only',
  'storage-full',
  'commit-outcome-unknown',
]);
const AGAIN_MS = 2_000;

/** The lease is lost, or the service stops. Another process goes on. */
class Dropped extends Error {}

/** Runs operations one after the other, in one process at a time. */
@Injectable()
export class PrivacyWork implements Work {
  readonly name = 'privacy';
  private readonly logger = new Logger('Privacy');
  private readonly waker = new Waker();

  constructor(
    private readonly operations: OperationRepository,
    private readonly eraser: Eraser,
    private readonly ledger: Ledger,
    private readonly entries: LedgerRepository,
  ) {}

  /** An operation was asked for in this process. */
  wake(): void {
    this.waker.wake();
  }

  async run(hold: Hold): Promise<void> {
    // A crash may have left some of it unwritten.
    await this.ledger.copyOut();
    while (!hold.ending.aborted) {
      this.waker.begin();
      await this.operations.expire();
      const operation = await this.operations.next();
      if (operation) await this.runOne(operation, hold);
      else await this.waker.pause(hold.ending);
    }
  }

  private async runOne(operation: OperationEntity, hold: Hold): Promise<void> {
    const { id, kind } = operation;
    await this.operations.start(id);
    const task = this.taskOf(operation, hold);
    const ended = () => [task.counts.total, task.counts.text] as const;
    try {
      await this.eraser.erase(task);
      await this.ledger.copyOut();
      await this.operations.end(operation, 'done', ...ended(), null);
      this.logger.log({ msg: `The ${kind} of operation ${id} is done`, operation: id });
    } catch (error) {
      if (error instanceof Dropped) return;
      const code = error instanceof DomainError ? error.code : 'internal-error';
      // Never the message: it may have values.
      this.logger.error({ msg: `The ${kind} of operation ${id} failed: ${code}`, operation: id });
      if (OUTAGES.has(code)) return pause(AGAIN_MS, hold.ending);
      await this.operations.end(operation, 'failed', ...ended(), code);
    }
  }

  private taskOf({ id, kind, subject, token, counts: text }: OperationEntity, { ending }: Hold): Task {
    const isDry = kind !== 'erase';
    // One that counts begins anew.
    const counts = new Counts(isDry ? '{}' : text);
    return {
      subject: subject!,
      token,
      isDry,
      counts,
      note: (what) => this.entries.add({ ...what, operation: id, token }),
      save: (module, { total, text }) => this.operations.progress(id, module, total, text),
      step: () => {
        if (ending.aborted) throw new Dropped();
      },
    };
  }
}
