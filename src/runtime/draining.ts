/** Whether the process is being stopped: readiness, streams and keep-alive connections go by it. */
export class Draining {
  isDraining = false;
  private readonly callbacks: (() => void)[] = [];

  /** Registers what has to end before the listener can close: open streams, for example. */
  onDrain(callback: () => void): void {
    this.callbacks.push(callback);
  }

  begin(): void {
    this.isDraining = true;
    for (const callback of this.callbacks) callback();
  }
}
