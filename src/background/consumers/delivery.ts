import { Logger } from '@nestjs/common';
import { systemContext } from '../../access/system-context.js';
import { DomainError } from '../../problems/domain-error.js';
import { valuesIn, without } from '../../problems/error-words.js';
import type { ChangeEntity } from '../../rows/change.entity.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { BackgroundCounts } from '../background-counts.js';
import { errorText } from '../error-text.js';
import { pause, type Hold } from '../leases/work.js';
import { CutError, limited } from '../time-limit.js';
import type { Change } from './change.js';
import type { Consumer } from './consumer.js';
import type { Failure } from './set-aside.repository.js';

/** Failures that are no change's fault: it waits until they are over, however long that takes. */
const OUTAGES: ReadonlySet<string> = new Set([
  'database-unavailable',
  'database-busy',
  'read-only',
  'storage-full',
  'storage-budget-spent',
]);

/** The tries of one change so far. */
export interface Tries {
  /** How many have failed before. */
  readonly before: number;
  /** Called after each one that failed. */
  readonly onFailure: (tries: number) => Promise<void>;
  /** Whether it may be given up at all. */
  readonly mayGiveUp: () => boolean;
}

/** Gives changes to a consumer's handler, each as often as it takes or may. */
export class Delivery {
  private readonly logger = new Logger('Consumer');

  constructor(
    private readonly consumer: Consumer,
    private readonly counts: BackgroundCounts,
  ) {}

  /**
   * Tries a change until it is handled, with a growing pause between.
   * @returns why it was given up, undefined where it was not
   * @throws CutError when the consumer is to end; the try that was under way then counts as none
   */
  async deliver(
    change: ChangeEntity,
    hold: Hold,
    { before, onFailure, mayGiveUp }: Tries,
  ): Promise<Failure | undefined> {
    for (let tries = before, outages = 0; !hold.ending.aborted;) {
      try {
        await this.once(change, hold);
        return undefined;
      } catch (error) {
        if (error instanceof CutError) throw error;
        if (isOutage(error)) outages++;
        else await onFailure(++tries);
        this.tell(change, error as Error, tries);
        if (tries >= this.consumer.tries && mayGiveUp()) return { change, tries, error: errorText(error) };
        await pause(this.backoffMs(tries + outages), hold.ending);
      }
    }
    throw new CutError('The consumer is to end.');
  }

  /** @throws what the handler throws, TimeLimitError, CutError */
  async once(change: ChangeEntity, { cut }: Hold): Promise<void> {
    // The consumer was given its deletion, and of the row nothing is left to give.
    if (change.op === 'purged') return;
    const { name, limitMs, call } = this.consumer;
    const context = systemContext(`consumer:${name}`, change.trace_id);
    try {
      await limited((signal) => call(changeOf(change, signal), context), limitMs, cut).outcome;
    } catch (error) {
      if (error instanceof CutError) throw error;
      this.counts.change(name, 'failed');
      throw isOutage(error) ? error : without(this.personalOf(change), error);
    }
    this.counts.change(name, 'handled');
  }

  /** The personal values that the handler was given: its errors are logged, and kept for operators. */
  private personalOf({ before, after }: ChangeEntity): Set<string> {
    const found = new Set<string>();
    for (const row of [before, after]) {
      const values = JSON.parse(row ?? '{}') as Readonly<Record<string, unknown>>;
      for (const { name, personal } of this.consumer.model.fields.all) if (personal) valuesIn(values[name], found);
    }
    return found;
  }

  /** Full jitter would make the first pauses too short: half of it is enough for consumers that fail together. */
  private backoffMs(failures: number): number {
    const { firstPauseMs, mostPauseMs } = this.consumer;
    const most = Math.min(mostPauseMs, firstPauseMs * 2 ** (failures - 1));
    return most / 2 + (Math.random() * most) / 2;
  }

  private tell({ resource_id: id, seq, module, trace_id }: ChangeEntity, error: Error, tries: number): void {
    const { name, tries: most } = this.consumer;
    const what = `Consumer ${name} failed on change ${seq} of ${module} ${id}`;
    this.logger.warn({
      msg: `${what}, try ${tries} of ${most}: ${errorText(error)}`,
      consumer: name,
      trace_id,
      err: error,
    });
  }
}

export function isOutage(error: unknown): boolean {
  return error instanceof DomainError && OUTAGES.has(error.code);
}

function changeOf(change: ChangeEntity, signal: AbortSignal): Change<CrudEntity> {
  const { op, version, at, actor } = change;
  return {
    op: op as Change<CrudEntity>['op'],
    id: change.resource_id,
    version,
    before: change.before === null ? null : (JSON.parse(change.before) as CrudEntity),
    after: JSON.parse(change.after) as CrudEntity,
    at,
    actor,
    traceId: change.trace_id,
    seq: change.seq!,
    changeId: change.id,
    signal,
  };
}
