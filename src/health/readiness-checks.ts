import { Injectable, Logger } from '@nestjs/common';
import type { HealthIndicatorResult } from '@nestjs/terminus';

/** Throws, or takes too long, where the service must get no requests. */
export type ReadinessCheck = () => unknown;

/** Thrown by a check that tells everybody why, and what to do. */
export class NotReady extends Error {}

export interface ReadinessOptions {
  /** Then it counts as failed; a second by default. */
  readonly withinMs?: number;
  /** How long an outcome counts: anybody may ask for it, as often as they like. A second by default. */
  readonly everyMs?: number;
}

const TAKEN: readonly string[] = ['process', 'database', 'startup', 'pool', 'event_loop', 'memory', 'disk'];
const NAME = /^[a-z][a-z0-9_]*$/;

/** Checks that modules add to readiness. */
@Injectable()
export class ReadinessChecks {
  private readonly checks = new Map<string, TimedCheck>();

  /**
   * @param name in `/health/ready`, where everybody sees it; what a failure says is only logged
   * @throws TypeError for a name that is taken
   */
  add(name: string, check: ReadinessCheck, { withinMs = 1_000, everyMs = 1_000 }: ReadinessOptions = {}): void {
    if (!NAME.test(name) || TAKEN.includes(name) || this.checks.has(name))
      throw new TypeError(`A readiness check can't be called "${name}": the name is taken, or not snake_case.`);
    this.checks.set(name, new TimedCheck(name, check, withinMs, everyMs));
  }

  get all(): (() => Promise<HealthIndicatorResult>)[] {
    return [...this.checks.values()].map((check) => () => check.result());
  }
}

type State = 'up' | 'failed' | 'timeout';

/** One check: under way once at a time, however many ask, and said anew only after a while. */
class TimedCheck {
  private readonly logger = new Logger('Readiness');
  private state: State = 'up';
  private until = 0;
  private running: Promise<void> | undefined;
  private answer: Promise<State> | undefined;
  /** For everybody, where the check says something for them. */
  private detail: string | undefined;

  constructor(
    private readonly name: string,
    private readonly check: ReadinessCheck,
    private readonly withinMs: number,
    private readonly everyMs: number,
  ) {}

  async result(): Promise<HealthIndicatorResult> {
    if (performance.now() >= this.until) await (this.answer ??= this.ask());
    const { name, state, detail } = this;
    return { [name]: state === 'up' ? { status: 'up' } : { status: 'down', state, ...(detail && { detail }) } };
  }

  private async ask(): Promise<State> {
    let error: unknown;
    // One that hangs is not started again beside itself.
    this.running ??= this.run().finally(() => (this.running = undefined));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<State>((resolve) => (timer = setTimeout(resolve, this.withinMs, 'timeout')));
    const done = this.running.then(
      (): State => 'up',
      (thrown: unknown): State => {
        error = thrown;
        return 'failed';
      },
    );
    const state = await Promise.race([done, late]);
    clearTimeout(timer);
    this.detail = error instanceof NotReady ? error.message : undefined;
    this.tell(state, error);
    this.until = performance.now() + this.everyMs;
    this.answer = undefined;
    return state;
  }

  private async run(): Promise<void> {
    await this.check();
  }

  /** Once for an outage, and once for its end. */
  private tell(state: State, error: unknown): void {
    const before = this.state;
    this.state = state;
    if (state === before) return;
    const line = { msg: state === 'up' ? 'Ready again' : 'Not ready', check: this.name, state };
    if (state === 'up') this.logger.log(line);
    else this.logger.warn({ ...line, ...(error !== undefined && { err: error }) });
  }
}
