import { Logger } from '@nestjs/common';
import { systemContext } from '../../access/system-context.js';
import type { BackgroundCounts } from '../background-counts.js';
import { errorText } from '../error-text.js';
import type { Handler } from '../found-methods.js';
import { pause, type Hold, type Work } from '../leases/work.js';
import { CutError, limited, TimeLimitError } from '../time-limit.js';
import type { DeclaredJob, JobRun } from './job.decorator.js';
import type { JobEntity } from './job.entity.js';
import type { JobRepository, RunEnd } from './job.repository.js';

/** A clock that is set, and a timer's longest time, make no difference when time is looked at so often. */
const LONGEST_SLEEP_MS = 60_000;
/** A run that ends its process each time is given up. */
const MOST_STARTS = 3;
const RECORDED_AGAIN_MS = 1_000;

/** A job with its handler. */
export interface ScheduledJob extends DeclaredJob {
  /** `Overdue.remind()`, for people. */
  readonly handler: string;
  readonly call: Handler;
}

/** Runs one job when it is due, by the times that are kept in the database. */
export class JobWork implements Work {
  readonly name: string;
  private readonly logger = new Logger('Job');
  /** A run whose time is over, and which goes on all the same. */
  private overrun: Promise<void> | undefined;

  constructor(
    private readonly job: ScheduledJob,
    private readonly jobs: JobRepository,
    private readonly counts: BackgroundCounts,
  ) {
    this.name = `job:${job.name}`;
  }

  async run(hold: Hold): Promise<void> {
    while (!hold.ending.aborted) {
      const row = await this.row();
      await until(Date.parse(row.due_at), hold.ending);
      await this.untilOverrunEnds(hold.cut);
      if (hold.ending.aborted) return;
      if (row.starts < MOST_STARTS) await this.runOnce(row, hold);
      else await this.end(row.due_at, 0, new Error('The process ended each time while it ran.'), hold);
    }
  }

  private async runOnce({ due_at: dueAt, starts }: JobEntity, hold: Hold): Promise<void> {
    const { name, limitMs, call } = this.job;
    if (starts > 0) this.logger.warn(`Job ${name} of ${dueAt} did not end, and is run again`);
    const beganAt = Date.now();
    if (!(await this.jobs.begin(name, dueAt, starts + 1, new Date(beganAt).toISOString()))) return;
    const context = systemContext(this.name);
    const { outcome, settled } = limited(
      (signal) => call({ name, dueAt, signal } satisfies JobRun, context),
      limitMs,
      hold.cut,
    );
    let error: Error | null = null;
    try {
      await outcome;
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (error instanceof CutError || error instanceof TimeLimitError) this.watch(settled);
    }
    if (error instanceof CutError) return this.jobs.dropped(name, dueAt);
    await this.end(dueAt, Date.now() - beganAt, error, hold);
  }

  private async end(dueAt: string, durationMs: number, error: Error | null, { ending }: Hold): Promise<void> {
    const { name, schedule } = this.job;
    const endedAt = Date.now();
    const nextAt = new Date(schedule.next(endedAt, Date.parse(dueAt))).toISOString();
    const run = { dueAt, nextAt, endedAt: new Date(endedAt).toISOString(), durationMs };
    this.counts.run(name, error === null ? 'succeeded' : error instanceof TimeLimitError ? 'timed-out' : 'failed');
    if (error)
      this.logger.error({
        msg: `Job ${name} failed: ${errorText(error)}`,
        job: name,
        duration_ms: durationMs,
        err: error,
      });
    else this.logger.log({ msg: `Job ${name} is done`, job: name, duration_ms: durationMs, next_at: nextAt });
    await this.record({ ...run, error: error && errorText(error) }, ending);
  }

  /** Until it is written down: a run of which nobody knows would be made again. */
  private async record(run: RunEnd, ending: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.jobs.end(this.job.name, run);
      } catch (error) {
        if (ending.aborted) throw error;
        await pause(RECORDED_AGAIN_MS, ending);
      }
    }
  }

  private get isOverrun(): boolean {
    return this.overrun !== undefined;
  }

  private watch(settled: Promise<void>): void {
    const overrun = settled.then(() => {
      if (this.overrun === overrun) this.overrun = undefined;
    });
    this.overrun = overrun;
  }

  /** A job never runs beside itself: as long as one goes on, its lease is held. */
  private async untilOverrunEnds(cut: AbortSignal): Promise<void> {
    if (!this.isOverrun) return;
    // It may just have heeded its signal.
    await Promise.race([this.overrun, pause(RECORDED_AGAIN_MS, cut)]);
    if (!this.isOverrun || cut.aborted) return;
    this.logger.error(`Job ${this.job.name} goes on after its time: it is not run again before that has ended`);
    const stopped = new Promise((resolve) => cut.addEventListener('abort', resolve, { once: true }));
    await Promise.race([this.overrun, stopped]);
  }

  /** Its times, which it gets now where it has none, or has another schedule. */
  private async row(): Promise<JobEntity> {
    const { name, schedule } = this.job;
    const found = await this.jobs.find(name);
    if (found?.schedule === schedule.text) return found;
    const dueAt = new Date(schedule.next(Date.now())).toISOString();
    if (found) await this.jobs.plan(name, schedule.text, dueAt);
    else await this.jobs.add(name, schedule.text, dueAt);
    return this.row();
  }
}

async function until(at: number, ending: AbortSignal): Promise<void> {
  for (let left = at - Date.now(); left > 0 && !ending.aborted; left = at - Date.now())
    await pause(Math.min(left, LONGEST_SLEEP_MS), ending);
}
