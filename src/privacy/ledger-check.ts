import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { NotReady, ReadinessChecks } from '../health/readiness-checks.js';
import { Ledger } from './ledger/ledger.js';

/** How often it is looked at: nobody can restore a database faster than that. */
const EVERY_MS = 5_000;

/** Keeps a restored backup from serving what was erased since it was made. */
@Injectable()
export class LedgerCheck implements OnApplicationBootstrap {
  constructor(
    private readonly checks: ReadinessChecks,
    private readonly ledger: Ledger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.ledger.outside) this.checks.add('erasures', () => this.check(), { everyMs: EVERY_MS, withinMs: 3_000 });
  }

  private async check(): Promise<void> {
    for await (const _ of this.ledger.undone())
      throw new NotReady('The database has rows that were erased (a restored backup?): npm run privacy:replay');
  }
}
