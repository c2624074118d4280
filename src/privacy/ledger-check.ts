import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { NotReady, ReadinessChecks } from '../health/readiness-checks.js';
import { Ledger } from './ledger/ledger.js';

/** For so long a good answer holds: nobody restores a database below a running service. A bad one is looked at each second. */
const GOOD_MS = 60_000;

/** Keeps a restored backup from serving what was erased since it was made. */
@Injectable()
export class LedgerCheck implements OnApplicationBootstrap {
  private goodUntil = 0;

  constructor(
    private readonly checks: ReadinessChecks,
    private readonly ledger: Ledger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.ledger.outside) this.checks.add('erasures', () => this.check(), { withinMs: 5_000 });
  }

  private async check(): Promise<void> {
    if (performance.now() < this.goodUntil) return;
    for await (const _ of this.ledger.undone())
      throw new NotReady('The database has rows that were erased (a restored backup?): npm run privacy:replay');
    this.goodUntil = performance.now() + GOOD_MS;
  }
}
