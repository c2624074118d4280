import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ModuleRegistry } from '../crud/module.registry.js';
import { BackgroundCounts } from './background-counts.js';
import type { Consumer } from './consumers/consumer.js';
import { ConsumerKit } from './consumers/consumer-kit.js';
import { ConsumerWork } from './consumers/consumer-work.js';
import { ON_CHANGE, type DeclaredConsumer } from './consumers/on-change.decorator.js';
import { findMethods, refuseTwice } from './found-methods.js';
import { JOB, type DeclaredJob } from './jobs/job.decorator.js';
import { JobRepository } from './jobs/job.repository.js';
import { JobWork, type ScheduledJob } from './jobs/job-work.js';
import { Leases } from './leases/leases.js';

/** All consumers and jobs of the application: found by their decorators, checked, and given to who has the leases. */
@Injectable()
export class Background implements OnModuleInit, OnApplicationBootstrap {
  consumers: readonly Consumer[] = [];
  jobs: readonly ScheduledJob[] = [];
  private readonly works = new Map<string, ConsumerWork>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: ModuleRegistry,
    private readonly leases: Leases,
    private readonly kit: ConsumerKit,
    private readonly times: JobRepository,
    private readonly counts: BackgroundCounts,
  ) {}

  /** After the registry's. @throws TypeError naming what can't work: two of one name, a resource that is not served */
  onModuleInit(): void {
    this.consumers = findMethods<DeclaredConsumer>(this.discovery, ON_CHANGE).map(({ handler, options, call }) => {
      const model = this.registry.find(options.module)?.model;
      if (model?.resource === options.resource) return { ...options, handler, call, model };
      throw new TypeError(
        `The consumer '${options.name}' (${handler}) is for ${options.resource.name}, which the application does not serve: is its module in src/modules/index.ts?`,
      );
    });
    this.jobs = findMethods<DeclaredJob>(this.discovery, JOB).map(({ handler, options, call }) => ({
      ...options,
      handler,
      call,
    }));
    refuseTwice(this.consumers, 'consumer');
    refuseTwice(this.jobs, 'job');
    for (const consumer of this.consumers) this.works.set(consumer.name, new ConsumerWork(consumer, this.kit));
    for (const work of this.works.values()) this.leases.add(work);
    for (const job of this.jobs) this.leases.add(new JobWork(job, this.times, this.counts));
  }

  onApplicationBootstrap(): void {
    this.leases.begin();
  }

  /** An operator has said something that concerns a consumer. Another process that runs it finds out within seconds. */
  wake(consumer: string): void {
    this.works.get(consumer)?.wake();
  }
}
