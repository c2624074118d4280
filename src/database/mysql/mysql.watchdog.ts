/** A statement that is not answered for so long is either slow, or its server is gone: time to ask. */
const SILENCE_MS = 1_000;

/**
 * Watches statements that were sent together. The server ends its own statements; a server that is stopped, or a network
 * that swallows, does not. `onSilence` is called after a second without an answer, `onOverdue` after `limitMs`.
 */
export class Watchdog {
  private timer: NodeJS.Timeout;
  private hasAnswered = false;

  constructor(
    private readonly onSilence: () => void,
    private readonly onOverdue: () => void,
    private readonly limitMs: number,
  ) {
    this.timer = this.wait();
  }

  /** One of several statements: the next one has all of the time again. */
  answered(): void {
    this.hasAnswered = true;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private wait(): NodeJS.Timeout {
    const first = Math.min(SILENCE_MS, this.limitMs);
    const after = (ms: number, then: () => void) =>
      setTimeout(() => {
        if (!this.hasAnswered) return then();
        this.hasAnswered = false;
        this.timer = this.wait();
      }, ms);
    return after(first, () => {
      this.timer = after(this.limitMs - first, this.onOverdue);
      this.onSilence();
    });
  }
}
