import { DomainError } from '../http/domain-error.js';

interface Waiter {
  readonly enter: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Lets one in at a time, the others in the order they came. SQLite needs it: the one connection that writes would take
 * a second transaction, or a plain statement, into the first one, and commit or lose it with that.
 */
export class Turnstile {
  private taken = false;
  private readonly waiting: Waiter[] = [];

  constructor(private readonly limits: { readonly waiting: number; readonly waitMs: number }) {}

  get usage(): { used: number; waiting: number } {
    return { used: this.taken ? 1 : 0, waiting: this.waiting.length };
  }

  /** @throws DomainError `database-busy` when too many wait, or after too long a wait */
  async enter(): Promise<void> {
    if (!this.taken) {
      this.taken = true;
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

  leave(): void {
    const next = this.waiting.shift();
    if (!next) {
      this.taken = false;
      return;
    }
    clearTimeout(next.timer);
    next.enter();
  }
}

export function busy(detail: string): DomainError {
  return new DomainError('database-busy', detail, { headers: { 'retry-after': '1' } });
}
