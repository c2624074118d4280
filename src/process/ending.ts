import type { JsonLogger } from '../observability/logger.js';

/** Milliseconds for a slow reader of the log. */
const LAST_LINES_MS = 1_000;

export interface EndingOptions {
  readonly deadlineMs: number;
  /** A signal that comes so soon after the first is the same one. */
  readonly repeatedWithinMs: number;
  /** Ends the service; at once, where it can not run. */
  readonly stop: (isOrderly: boolean) => Promise<void>;
}

/** Ends the process once, and by the deadline whatever happens. */
export class Ending {
  private begunAt: number | undefined;
  private code = 0;

  constructor(
    private readonly logger: JsonLogger,
    private readonly options: EndingOptions,
  ) {}

  get hasBegun(): boolean {
    return this.begunAt !== undefined;
  }

  /** The first one ends the service in order, a second one the process at once. */
  onSignal(signal: NodeJS.Signals): void {
    const { begunAt } = this;
    if (begunAt === undefined) this.begin(signal, true);
    else if (performance.now() - begunAt >= this.options.repeatedWithinMs) this.endNow();
  }

  /** An error that is expected has an exit code, and its message is all that there is to know. */
  fail(error: unknown): void {
    const { exitCode, message } = Object(error) as Partial<Error & { exitCode: number }>;
    this.code ||= exitCode ?? 1;
    if (exitCode === undefined) this.logger.fatal({ err: error, msg: 'Unexpected error' });
    else {
      this.logger.fatal(message);
      process.stderr.write(`${message}\n`);
    }
    if (!this.hasBegun) this.begin('an error', exitCode === undefined);
  }

  private begin(why: string, isOrderly: boolean): void {
    this.begunAt = performance.now();
    setTimeout(() => this.endNow(), this.options.deadlineMs);
    this.logger.log(`Stopping: ${why}`);
    void this.end(isOrderly);
  }

  private async end(isOrderly: boolean): Promise<void> {
    try {
      await this.options.stop(isOrderly);
      this.logger.log('Stopped');
    } catch (error) {
      this.fail(error);
    }
    await this.logger.flush(LAST_LINES_MS);
    process.exit(this.code);
  }

  private endNow(): void {
    void this.logger.flush();
    process.exit(1);
  }
}
