import { Injectable } from '@nestjs/common';

export type ConsumerOutcome = 'handled' | 'failed' | 'set-aside' | 'waiting';
export type JobOutcome = 'succeeded' | 'failed' | 'timed-out';

/** Counts the work of this process in the background, for its metrics: by name and by outcome. */
@Injectable()
export class BackgroundCounts {
  readonly changes = new Map<string, Map<ConsumerOutcome, number>>();
  readonly runs = new Map<string, Map<JobOutcome, number>>();

  change(consumer: string, outcome: ConsumerOutcome): void {
    count(this.changes, consumer, outcome);
  }

  run(job: string, outcome: JobOutcome): void {
    count(this.runs, job, outcome);
  }
}

function count<T>(counts: Map<string, Map<T, number>>, name: string, outcome: T): void {
  let of = counts.get(name);
  if (!of) counts.set(name, (of = new Map<T, number>()));
  of.set(outcome, (of.get(outcome) ?? 0) + 1);
}
