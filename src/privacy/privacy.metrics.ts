import { Injectable } from '@nestjs/common';
import { Gauge, type Registry } from '@prometheus-io/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { MetricRegistry } from '../observability/metric-registry.js';
import { SubjectModels } from './erasure/subject-models.js';
import { OperationRepository } from './operations/operation.repository.js';

/** For the database, which a scrape must not wait for when it is stuck. */
const WAIT_MS = 1_000;

type Standing = Awaited<ReturnType<OperationRepository['standing']>>;

/** Operations on personal data, as they stand in the database; while it can not be asked they say nothing. */
@Injectable()
export class PrivacyMetrics {
  constructor(
    { registry }: MetricRegistry,
    private readonly models: SubjectModels,
    private readonly operations: OperationRepository,
  ) {
    this.register(registry);
  }

  private register(registry: Registry): void {
    let standing: Promise<Standing> | undefined;
    // One look for both gauges of a scrape.
    const look = () =>
      (standing ??= this.look().finally(() => {
        standing = undefined;
      }));
    const registers = [registry];
    new Gauge({
      name: 'plinth_privacy_operations',
      help: 'Exports and erasures of personal data, by state.',
      labelNames: ['kind', 'state'],
      registers,
      async collect() {
        this.reset();
        for (const { kind, state, count } of await look()) this.set({ kind, state }, count);
      },
    });
    new Gauge({
      name: 'plinth_privacy_oldest_seconds',
      help: 'Time since the oldest operation on personal data was asked for that has not ended; 0: there is none.',
      registers,
      async collect() {
        const open = (await look()).filter(({ state }) => state === 'queued' || state === 'running');
        const oldest = Math.min(...open.map(({ oldest_at: at }) => Date.parse(at)));
        this.set(open.length === 0 ? 0 : (Date.now() - oldest) / 1000);
      },
    });
  }

  private async look(): Promise<Standing> {
    // An application whose resources are about nobody is asked for nothing.
    if (this.models.all.length === 0) return [];
    const nothing: Standing = [];
    return Promise.race([this.operations.standing().catch(() => nothing), sleep(WAIT_MS, nothing, { ref: false })]);
  }
}
