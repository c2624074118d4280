import { Module } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule } from '@nestjs/core';
import { ProblemFilter } from '../problems/problem.filter.js';
import { ProblemPagesController } from './problem-pages.controller.js';
import { BodyChecks } from '../fields/body-checks.js';

@Module({
  imports: [DiscoveryModule],
  controllers: [ProblemPagesController],
  providers: [BodyChecks, { provide: APP_FILTER, useClass: ProblemFilter }],
})
export class HttpModule {}
