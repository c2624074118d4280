/**
 * Stays awake while something alone is waited for, if it came soon last time: a thread that sleeps has to be woken, which on
 * a small machine takes as long as the work. What interrupts of a network card are to the kernel's busy polling
 * (https://docs.kernel.org/networking/napi.html#busy-polling) the thread's sleep is here. The event loop goes on turning, so
 * that whatever else comes in is served as ever, and is the end of it: where several are waited for the loop hardly sleeps,
 * and the processor is wanted elsewhere.
 */
export class BusyPoll {
  private waits = 0;
  private begun = 0;
  private isTurning = false;
  /** How long the last wait took that began alone, polled for or not: what is far away is never polled for. */
  private lastMs = 0;

  /** @param mostMs for one wait; 0 for never */
  constructor(private readonly mostMs: number) {}

  begin(): void {
    if (this.waits++ > 0) return;
    this.begun = performance.now();
    if (this.isTurning || this.lastMs >= this.mostMs) return;
    this.isTurning = true;
    setImmediate(this.turn);
  }

  /** It has come, or never will. */
  end(): void {
    if (--this.waits === 0) this.lastMs = performance.now() - this.begun;
  }

  private readonly turn = (): void => {
    this.isTurning = this.waits === 1 && performance.now() - this.begun < this.mostMs;
    if (this.isTurning) setImmediate(this.turn);
  };
}
