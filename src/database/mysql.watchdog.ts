/** A statement that is not answered for so long is either slow, or its server is gone: time to ask. */
const SILENCE_MS = 1_000;

/**
 * Watches one statement. The server ends its own statements; a server that is stopped, or a network that swallows, does
 * not. `onSilence` is called once after a second, `onOverdue` when the whole time is over.
 */
export class Watchdog {
  private timer: NodeJS.Timeout;

  constructor(onSilence: () => void, onOverdue: () => void, limitMs: number) {
    const first = Math.min(SILENCE_MS, limitMs);
    this.timer = setTimeout(() => {
      this.timer = setTimeout(onOverdue, limitMs - first);
      onSilence();
    }, first);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
