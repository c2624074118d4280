/** How often other processes' commits are looked for: while changes come, and while none do. */
const BUSY_MS = 100;
const IDLE_MS = 1_000;
const BUSY_FOR_MS = 10_000;
/** Changes that come one by one are taken together from the second look on: each look may number and commit. */
const LEAST_MS = 25;

/** When a consumer looks at its feed again. */
export class Waker {
  private isWoken = false;
  private beganAt = 0;
  private changedAt = -BUSY_FOR_MS;
  private end: () => void = () => undefined;

  /** A look begins: what is committed from now on may be missing in it. */
  begin(): void {
    this.isWoken = false;
    this.beganAt = performance.now();
  }

  /** A change came. */
  changed(): void {
    this.changedAt = performance.now();
  }

  wake(): void {
    this.isWoken = true;
    this.end();
  }

  /** Until it is woken, its time has come, or the signal ends it. */
  async pause(ending: AbortSignal): Promise<void> {
    const now = performance.now();
    const rest = LEAST_MS - (now - this.beganAt);
    if (rest > 0 && now - this.changedAt < LEAST_MS) await this.sleep(rest, ending);
    if (!this.isWoken) await this.sleep(now - this.changedAt < BUSY_FOR_MS ? BUSY_MS : IDLE_MS, ending, true);
  }

  private sleep(ms: number, ending: AbortSignal, canBeWoken = false): Promise<void> {
    if (ending.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        ending.removeEventListener('abort', end);
        this.end = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      ending.addEventListener('abort', end);
      if (canBeWoken) this.end = end;
    });
  }
}
