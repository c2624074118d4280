import { Injectable } from '@nestjs/common';
import type { HealthIndicatorResult } from '@nestjs/terminus';

type Check = () => HealthIndicatorResult;

/** Checks that modules add to readiness. A check only reads memory: it is called for every probe. */
@Injectable()
export class ReadinessChecks {
  readonly all: Check[] = [];

  add(check: Check): void {
    this.all.push(check);
  }
}
