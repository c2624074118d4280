import { Injectable } from '@nestjs/common';
import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackgroundCounts } from '../background/background-counts.js';
import { BackgroundService } from '../background/background.service.js';

/** For the database, which a scrape must not wait for when it is stuck: the rest is wanted most then. */
const WAIT_MS = 1_000;

type State = Awaited<ReturnType<BackgroundService['state']>>;

/**
 * Consumers and jobs. What the gauges say stands in the database, and is the same whichever process is asked; while it can not be
 * asked they say nothing. Counters are of this process.
 */
@Injectable()
export class BackgroundMetrics {
  constructor(
    private readonly background: BackgroundService,
    private readonly counts: BackgroundCounts,
  ) {}

  register(registry: Registry): void {
    const registers = [registry];
    let state: Promise<State> | undefined;
    // One look for all gauges of a scrape.
    const look = () =>
      (state ??= this.state().finally(() => {
        state = undefined;
      }));
    const consumers = (name: string, help: string, value: (one: State['consumers'][number]) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['consumer', 'module'],
        registers,
        async collect() {
          const { consumers: all } = await look();
          this.reset();
          for (const one of all) this.set({ consumer: one.name, module: one.module }, value(one));
        },
      });
    const jobs = (name: string, help: string, value: (one: State['jobs'][number]) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['job'],
        registers,
        async collect() {
          const { jobs: all } = await look();
          this.reset();
          for (const one of all) this.set({ job: one.name }, value(one));
        },
      });
    consumers('plinth_consumer_lag_changes', 'Changes that a consumer has not had yet.', (one) => one.lag_changes);
    consumers('plinth_consumer_lag_seconds', 'Age of the first change that it has not had.', (one) => one.lag_seconds);
    consumers('plinth_consumer_set_aside', 'Rows whose changes it does not get: one failed.', (one) => one.set_aside);
    consumers('plinth_consumer_stopped', '1 for a consumer that waits for an operator.', (one) =>
      Number(one.stopped !== null),
    );
    jobs('plinth_job_last_success_timestamp_seconds', 'When a job last succeeded; 0: never.', (one) =>
      one.succeeded_at === null ? 0 : Date.parse(one.succeeded_at) / 1000,
    );
    jobs('plinth_job_due_timestamp_seconds', 'When a job is to run next.', (one) => Date.parse(one.due_at) / 1000);
    jobs('plinth_job_last_duration_seconds', 'What its last run took.', (one) => (one.duration_ms ?? 0) / 1000);
    jobs('plinth_job_failures', 'Runs that failed since the last one that did not.', (one) => one.failures);
    const { changes, runs } = this.counts;
    counter(
      'plinth_consumer_changes_total',
      'Changes that this process gave to consumers, by outcome.',
      'consumer',
      changes,
    );
    counter('plinth_job_runs_total', 'Runs of jobs in this process, by outcome.', 'job', runs);

    function counter(name: string, help: string, label: string, of: ReadonlyMap<string, ReadonlyMap<string, number>>) {
      new Counter({
        name,
        help,
        labelNames: [label, 'outcome'],
        registers,
        collect() {
          this.reset();
          for (const [one, outcomes] of of) for (const [outcome, n] of outcomes) this.inc({ [label]: one, outcome }, n);
        },
      });
    }
  }

  private state(): Promise<State> {
    const nothing: State = { consumers: [], jobs: [] };
    return Promise.race([this.background.state().catch(() => nothing), sleep(WAIT_MS, nothing, { ref: false })]);
  }
}
