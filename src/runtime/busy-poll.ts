/**
 * Stays awake while something alone is waited for, if it came soon last time: a thread that sleeps has to be woken, which on
 * a small machine takes as long as the work. What interrupts of a network card are to the kernel's busy polling
 * (https://docs.kernel.org/networking/napi.html#busy-polling) the thread's sleep is here. The event loop goes on turning, so
 * that whatever else comes in is served as ever, and is the end of it: where several are waited for the loop hardly sleeps,
 * and the processor is wanted elsewhere. Unless it is a thread of the service's own that they are waited for, which has a
 * processor to itself while this one would sleep.
 */
export class BusyPoll {
  private waits = 0;
  private begun = 0;
  private isTurning = false;
  /**
   * Milliseconds of the last wait that began alone, or of many of the one that began last, polled for or not: a peer that is
   * far away is never polled for.
   */
  private lastMs = 0;

  /**
   * @param mostMs for one wait; 0 for never
   * @param isForMany also where several are waited for: as long as that after the last one
   */
  constructor(
    private readonly mostMs: number,
    private readonly isForMany = false,
  ) {}

  begin(): void {
    if (this.waits++ > 0 && !this.isForMany) return;
    this.begun = performance.now();
    if (this.isTurning || this.lastMs >= this.mostMs) return;
    this.isTurning = true;
    setImmediate(this.turn);
  }

  /** Tells that the answer has come, or never will. */
  end(): void {
    if (--this.waits === 0 || this.isForMany) this.lastMs = performance.now() - this.begun;
  }

  private readonly turn = (): void => {
    const isWaitedFor = this.isForMany ? this.waits > 0 : this.waits === 1;
    this.isTurning = isWaitedFor && performance.now() - this.begun < this.mostMs;
    if (this.isTurning) setImmediate(this.turn);
  };
}
