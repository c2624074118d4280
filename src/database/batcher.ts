/** Why one item of a batch has no result, where the others may have theirs. */
export class Failed {
  constructor(readonly error: unknown) {}
}

export interface BatchLimits {
  /** Batches under way at once. Others gather meanwhile. */
  readonly atOnce: number;
  /** Items of one batch. */
  readonly most: number;
  /** One who comes where nobody else has come lately does not wait for the turn to end. For what costs little alone. */
  readonly isEager?: boolean;
  /** Batches have a power of two of items, so that there are few kinds of them. */
  readonly isShaped?: boolean;
  /** Ends a batch earlier, by the sum of what its items weigh. */
  readonly weight?: { readonly of: (item: never) => number; readonly most: number };
}

interface Waiter<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
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
  private underWay = 0;
  private isGathering = false;
  /** In the last turn in which anybody came, it was one alone. */
  private isQuiet = true;

  /** @param run a result or a `Failed` for each item, in their order; throws for what is true of all */
  constructor(
    private readonly run: (items: readonly T[]) => Promise<readonly (R | Failed)[]>,
    private readonly limits: BatchLimits,
  ) {}

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.isGathering || this.underWay >= this.limits.atOnce) return;
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
    this.underWay++;
    try {
      const running = this.run(batch.map(({ item }) => item));
      this.sendOn();
      const results = await running;
      for (let n = 0; n < batch.length; n++) {
        const result = results[n] as R | Failed;
        if (result instanceof Failed) batch[n]!.reject(result.error);
        else batch[n]!.resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.underWay--;
    }
    this.sendOn();
  }

  /** Those that came meanwhile, or were too many for one batch. */
  private sendOn(): void {
    if (this.waiting.length > 0 && this.underWay < this.limits.atOnce) void this.send();
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
    if (limits.isShaped) end = 2 ** Math.floor(Math.log2(end));
    if (end === waiting.length) {
      this.waiting = [];
      return waiting;
    }
    return waiting.splice(0, end);
  }
}
