/**
 * Stays awake for the answer to a read that is under way alone, if the last one came soon: a thread that sleeps has to be
 * woken, which on a small machine takes as long as the read. What interrupts of a network card are to the kernel's busy
 * polling (https://docs.kernel.org/networking/napi.html#busy-polling) the thread's sleep is here. The event loop goes on
 * turning, so that whatever else comes in is served as ever, and is the end of it: where several are under way the loop
 * hardly sleeps, and the processor is wanted elsewhere.
 */
export class BusyPoll {
  private underWay = 0;
  private begun = 0;
  private isTurning = false;
  /** How long the last one took that began alone, polled for or not: a database that is far away is never polled for. */
  private lastMs = 0;

  /** @param mostMs for one answer; 0 for never */
  constructor(private readonly mostMs: number) {}

  /** A read has been sent. */
  begin(): void {
    if (this.underWay++ > 0) return;
    this.begun = performance.now();
    if (this.isTurning || this.lastMs >= this.mostMs) return;
    this.isTurning = true;
    setImmediate(this.turn);
  }

  /** It was answered, or never will be. */
  end(): void {
    if (--this.underWay === 0) this.lastMs = performance.now() - this.begun;
  }

  private readonly turn = (): void => {
    this.isTurning = this.underWay === 1 && performance.now() - this.begun < this.mostMs;
    if (this.isTurning) setImmediate(this.turn);
  };
}
