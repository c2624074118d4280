import type { RequestContext } from '../../crud/endpoints/request-context.js';
import { durationMs, type Duration } from '../duration.js';
import { mark } from '../found-methods.js';
import { checkName } from '../work-name.js';
import { scheduleOf, type Schedule, type ScheduleOptions } from './schedule.js';

export type JobOptions = ScheduleOptions & {
  /** The job's own: its times are kept under it. Small letters, digits and hyphens, 30 at most. */
  readonly name: string;
  /** For one run; 5m unless it is said. */
  readonly timeLimit?: Duration;
};

/** A run of a job. */
export interface JobRun {
  readonly name: string;
  /** When it was due, RFC 3339 in UTC. A run that comes again after a crash has the same one. */
  readonly dueAt: string;
  /** Aborted when the time limit is over, the service stops, or another process goes on: stop then. */
  readonly signal: AbortSignal;
}

/** The checked options of `@Job()`. */
export interface DeclaredJob {
  readonly name: string;
  readonly schedule: Schedule;
  readonly limitMs: number;
}

export const JOB = Symbol('plinth:job');

/**
 * Makes a method a scheduled job, which runs in one process at a time and never beside itself.
 * @throws TypeError naming the method, for what can't work
 */
export function Job(options: JobOptions) {
  return <H extends (run: JobRun, context: RequestContext) => unknown>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    const handler = `${target.constructor.name}.${String(method)}()`;
    const { name, timeLimit = '5m' } = options;
    checkName(name, `@Job() on ${handler}`);
    const schedule = scheduleOf(options, `The job '${name}' (${handler})`);
    const limitMs = durationMs(timeLimit, `timeLimit of '${name}'`);
    mark(descriptor.value!, JOB, { name, schedule, limitMs } satisfies DeclaredJob);
  };
}
