import { DomainError } from '../problems/domain-error.js';
import type { StatementTimes } from './statement-times.js';

interface Waiter {
  readonly enter: () => void;
  readonly timer: NodeJS.Timeout;
}

interface Limits {
  /** The number of places; one by default. */
  readonly places?: number;
  readonly waiting: number;
  readonly waitMs: number;
}

/**
 * Lets one in at a time, or a few, the others in the order they came. SQLite needs it: the one connection that writes would take
 * a second transaction, or a plain statement, into the first one, and commit or lose it with that.
 */
export class Turnstile {
  /** The number of those who have a place, and of those who have joined. */
  private inside = 0;
  private readonly waiting: Waiter[] = [];

  private readonly places: number;

  /** @param times is told of each wait */
  constructor(
    private readonly limits: Limits,
    private readonly times?: Pick<StatementTimes, 'onWait' | 'onNoConnection'>,
  ) {
    this.places = limits.places ?? 1;
  }

  get usage(): { used: number; waiting: number } {
    return { used: Math.min(this.inside, 1), waiting: this.waiting.length };
  }

  /** @throws DomainError `database-busy` when too many wait, or after too long a wait */
  async enter(): Promise<void> {
    if (this.inside < this.places) {
      this.inside++;
      this.times?.onWait(0);
      return;
    }
    if (this.waiting.length >= this.limits.waiting) throw this.refusal('Too many requests wait for the database.');
    const asked = performance.now();
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        enter: resolve,
        timer: setTimeout(() => {
          this.waiting.splice(this.waiting.indexOf(waiter), 1);
          reject(this.refusal('The database did not become free in time.'));
        }, this.limits.waitMs),
      };
      this.waiting.push(waiter);
    });
    this.times?.onWait(performance.now() - asked);
  }

  /** Shares the turn of who is inside, which ends when both have left. @returns false where others wait for theirs */
  join(): boolean {
    if (this.inside === 0 || this.waiting.length > 0) return false;
    this.inside++;
    return true;
  }

  leave(): void {
    if (--this.inside >= this.places) return;
    const next = this.waiting.shift();
    if (!next) return;
    this.inside++;
    clearTimeout(next.timer);
    next.enter();
  }

  private refusal(detail: string): DomainError {
    this.times?.onNoConnection();
    return busy(detail);
  }
}

export function busy(detail: string): DomainError {
  return new DomainError('database-busy', detail, { headers: { 'retry-after': '1' } });
}
