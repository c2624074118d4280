import type { Context } from '@opentelemetry/api';
import { contextNow, inContextOf, tracer } from './tracing.js';

/** Why one item of a batch has no result, where the others may have theirs. */
export class Failed {
  constructor(readonly error: unknown) {}
}

export interface BatchLimits {
  /** Batches under way at once. Others gather meanwhile. */
  readonly atOnce: number;
  /** Items of one batch. */
  readonly most: number;
  /**
   * Milliseconds for which others gather while a batch is under way, before another one is sent beside it. For what costs
   * much however few it is for: few large batches, and yet nobody who waits long for one that is stuck.
   */
  readonly patienceMs?: number;
  /**
   * With `patienceMs`: sends a batch of half the most at once, also before the turn is over. For work that goes batch by batch
   * and would stand idle while the items of a long turn come in.
   */
  readonly isReadyWhenFull?: boolean;
  /** Sends an item that comes where no other has come lately before the turn ends. For batches of one that cost little. */
  readonly isEager?: boolean;
  /** Batches have a power of two of items, so that there are few kinds of them. */
  readonly isShaped?: boolean;
  /** Ends a batch earlier, by the sum of what its items weigh. */
  readonly weight?: { readonly of: (item: never) => number; readonly most: number };
}

/**
 * One batch at a time, of all items that came while it was under way, and another one beside it when it takes longer than
 * usual.
 */
export const FEW_LARGE = { atOnce: 2, most: 64, patienceMs: 10 };

interface Waiter<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
  /** The trace that it belongs to; undefined where nobody traces. */
  readonly from: Context | undefined;
}

/** Tells the result of one item of a batch, by its place, before the results of the others are known. */
export type Tell<R> = (n: number, result: R | Failed) => void;

/**
 * @param tell need not be called
 * @returns a result or a `Failed` for each item, in their order: for those who were told of it, the same one
 * @throws for what is true of all the others
 */
type RunBatch<T, R> = (items: readonly T[], tell: Tell<R>) => Promise<readonly (R | Failed)[]>;

/** A batch that is under way. */
interface Run {
  /** The time by `performance.now()`. */
  readonly since: number;
  /** Whether it holds others back no longer. */
  isLate: boolean;
}

/**
 * Puts together what is asked for in one turn of the event loop, or while earlier batches are under way: most of what a
 * statement costs is two sleeping peers that have to be woken, whatever it asks for.
 *
 * An item only joins a batch that has not been sent. So whatever answers it was read after it was asked for, and sees
 * every commit from before that; joining what is under way already, as is often done, does not give that.
 */
export class Batcher<T, R> {
  private waiting: Waiter<T, R>[] = [];
  private readonly underWay: Run[] = [];
  /** Runs until a batch is late. Left as it is when they end: most do long before, and the next ones are there by then. */
  private onLock: NodeJS.Timeout | undefined;
  private isGathering = false;
  /** Whether in the last turn in which an item came it was one alone. */
  private isQuiet = true;

  constructor(
    private readonly run: RunBatch<T, R>,
    private readonly limits: BatchLimits,
  ) {}

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject, from: contextNow() });
      if (this.isGathering && this.limits.isReadyWhenFull && this.waiting.length >= this.fullSize) this.sendOn();
      if (this.isGathering || !this.mayGo) return;
      this.isGathering = true;
      const isFirst = this.isQuiet && this.limits.isEager === true;
      if (isFirst) void this.send();
      // After all that has come in with this turn's input.
      setImmediate(() => {
        this.isGathering = false;
        this.isQuiet = this.waiting.length === (isFirst ? 0 : 1);
        this.sendOn();
      });
    });
  }

  private async send(): Promise<void> {
    const batch = this.take();
    if (batch.length === 0) return;
    const run = { since: performance.now(), isLate: false };
    this.underWay.push(run);
    let outcome: readonly (R | Failed)[] | Failed;
    try {
      const running = this.begin(batch);
      this.sendOn();
      this.allowSlowReading();
      outcome = await running;
    } catch (error) {
      outcome = new Failed(error);
    }
    this.underWay.splice(this.underWay.indexOf(run), 1);
    this.sendOn();
    // After all promises that are on their way: the next batch is sent, and worked on while these go on with their results.
    process.nextTick(settle, batch, outcome);
  }

  private begin(batch: readonly Waiter<T, R>[]): ReturnType<RunBatch<T, R>> {
    const items = batch.map(({ item }) => item);
    if (!tracer) return this.run(items, tellOf(batch));
    const served = batch.map(({ from }) => from);
    return inContextOf(served, () => this.run(items, tellOf(batch)));
  }

  /** Sends the items that came meanwhile, or were too many for one batch. */
  private sendOn(): void {
    if (this.waiting.length > 0 && this.mayGo) void this.send();
  }

  private get mayGo(): boolean {
    const { atOnce, patienceMs, isReadyWhenFull } = this.limits;
    if (this.underWay.length >= atOnce) return false;
    if (patienceMs === undefined || this.underWay.every(({ isLate }) => isLate)) return true;
    return isReadyWhenFull === true && this.waiting.length >= this.fullSize;
  }

  /**
   * The size at which a batch is full. One that took all of many would leave no item to be made ready while it is under way:
   * both sides would then wait in turn.
   */
  private get fullSize(): number {
    const { most, patienceMs } = this.limits;
    return patienceMs === undefined ? most : Math.ceil(most / 2);
  }

  private allowSlowReading(): void {
    const { patienceMs } = this.limits;
    const oldest = this.underWay.find(({ isLate }) => !isLate);
    if (patienceMs === undefined || this.onLock || !oldest) return;
    this.onLock = setTimeout(
      () => {
        this.onLock = undefined;
        const end = performance.now() - patienceMs;
        for (const run of this.underWay) if (run.since <= end) run.isLate = true;
        this.allowSlowReading();
        this.sendOn();
      },
      // Less than none where the event loop was held up meanwhile.
      Math.max(0, oldest.since + patienceMs - performance.now()),
    ).unref();
  }

  private take(): Waiter<T, R>[] {
    const { waiting, limits } = this;
    let end = Math.min(waiting.length, limits.most);
    if (limits.weight) {
      const { of, most } = limits.weight as { of: (item: T) => number; most: number };
      let weight = 0;
      for (let n = 0; n < end; n++) {
        weight += of(waiting[n]!.item);
        // One alone goes, whatever it weighs.
        if (weight > most && n > 0) end = n;
      }
    }
    if (end === waiting.length) end = Math.min(end, this.fullSize);
    if (limits.isShaped) end = 2 ** Math.floor(Math.log2(end));
    if (end === waiting.length) {
      this.waiting = [];
      return waiting;
    }
    return waiting.splice(0, end);
  }
}

/**
 * Lets those who are told go on with their results while the others' are on their way. Not where these came as well, in the
 * same input: then the next batch is to be sent first.
 */
function tellOf<T, R>(batch: readonly Waiter<T, R>[]): Tell<R> {
  let told = 0;
  let news: { waiter: Waiter<T, R>; result: R | Failed }[] = [];
  const pass = () => {
    const passed = news;
    news = [];
    if (told < batch.length) for (const { waiter, result } of passed) settleOne(waiter, result);
  };
  return (n, result) => {
    told++;
    if (news.push({ waiter: batch[n]!, result }) === 1) process.nextTick(pass);
  };
}

/** Settles the items; no effect on those that were told before, as a promise is settled once. */
function settle<T, R>(batch: readonly Waiter<T, R>[], outcome: readonly (R | Failed)[] | Failed): void {
  for (let n = 0; n < batch.length; n++)
    settleOne(batch[n]!, outcome instanceof Failed ? outcome : (outcome[n] as R | Failed));
}

function settleOne<T, R>({ resolve, reject }: Waiter<T, R>, result: R | Failed): void {
  if (result instanceof Failed) reject(result.error);
  else resolve(result);
}
