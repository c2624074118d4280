import { DomainError } from '../problems/domain-error.js';

interface Waiter {
  readonly enter: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Lets one in at a time, the others in the order they came. SQLite needs it: the one connection that writes would take
 * a second transaction, or a plain statement, into the first one, and commit or lose it with that.
 */
export class Turnstile {
  /** One, and those who have joined. */
  private inside = 0;
  private readonly waiting: Waiter[] = [];

  constructor(private readonly limits: { readonly waiting: number; readonly waitMs: number }) {}

  get usage(): { used: number; waiting: number } {
    return { used: Math.min(this.inside, 1), waiting: this.waiting.length };
  }

  /** @throws DomainError `database-busy` when too many wait, or after too long a wait */
  async enter(): Promise<void> {
    if (this.inside === 0) {
      this.inside = 1;
      return;
    }
    if (this.waiting.length >= this.limits.waiting) throw busy('Too many requests wait for the database.');
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        enter: resolve,
        timer: setTimeout(() => {
          this.waiting.splice(this.waiting.indexOf(waiter), 1);
          reject(busy('The database did not become free in time.'));
        }, this.limits.waitMs),
      };
      this.waiting.push(waiter);
    });
  }

  /** Shares the turn of who is inside, which ends when both have left. @returns false where others wait for theirs */
  join(): boolean {
    if (this.inside === 0 || this.waiting.length > 0) return false;
    this.inside++;
    return true;
  }

  leave(): void {
    if (--this.inside > 0) return;
    const next = this.waiting.shift();
    if (!next) return;
    this.inside = 1;
    clearTimeout(next.timer);
    next.enter();
  }
}

export function busy(detail: string): DomainError {
  return new DomainError('database-busy', detail, { headers: { 'retry-after': '1' } });
}
