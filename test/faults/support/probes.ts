import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 100;
/** A probe of Kubernetes waits one second unless it is told otherwise; the machine is shared. */
const PATIENCE_MS = 3_000;

/** What an orchestrator sees of one replica, while it is meant to be there. */
export class Probes {
  /** Times of liveness that was not 200. */
  readonly failures: string[] = [];
  /** Each change of readiness. */
  readonly readiness: number[] = [];
  private isOver = false;
  private readonly running: Promise<void>;

  constructor(private readonly origin: string) {
    this.running = this.run();
  }

  /** Looks once more, and then no longer. */
  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
    await this.look();
  }

  private async run(): Promise<void> {
    for (; !this.isOver; await sleep(EVERY_MS)) await this.look();
  }

  private async look(): Promise<void> {
    const [live, ready] = await Promise.all(['live', 'ready'].map((probe) => this.ask(probe)));
    if (live !== 200) this.failures.push(`${live}`);
    if (this.readiness.at(-1) !== ready) this.readiness.push(ready!);
  }

  private async ask(probe: string): Promise<number> {
    const options = { signal: AbortSignal.timeout(PATIENCE_MS), headers: { connection: 'close' } };
    const answer = await fetch(`${this.origin}/health/${probe}`, options).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.status ?? 0;
  }
}
