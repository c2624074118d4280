import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Background } from './background.js';
import { BackgroundController } from './background.controller.js';
import { BackgroundCounts } from './background-counts.js';
import { BackgroundService } from './background.service.js';
import { ConsumerEntity } from './consumers/consumer.entity.js';
import { ConsumerKit } from './consumers/consumer-kit.js';
import { ConsumerRepository } from './consumers/consumer.repository.js';
import { SetAsideEntity } from './consumers/set-aside.entity.js';
import { SetAsideRepository } from './consumers/set-aside.repository.js';
import { JobEntity } from './jobs/job.entity.js';
import { JobRepository } from './jobs/job.repository.js';
import { LeaseRepository } from './leases/lease.repository.js';
import { Leases } from './leases/leases.js';

/** Work that no request asks for: durable consumers of changes, and scheduled jobs. */
@Global()
@Module({
  imports: [DiscoveryModule, TypeOrmModule.forFeature([ConsumerEntity, SetAsideEntity, JobEntity])],
  controllers: [BackgroundController],
  providers: [
    Background,
    BackgroundCounts,
    BackgroundService,
    ConsumerKit,
    ConsumerRepository,
    SetAsideRepository,
    JobRepository,
    LeaseRepository,
    Leases,
  ],
  exports: [BackgroundCounts, BackgroundService, Leases],
})
export class BackgroundModule {}
