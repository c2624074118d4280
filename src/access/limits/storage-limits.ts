import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { DomainError } from '../../problems/domain-error.js';
import { StorageBudget, type Stored, type StoredKind } from '../../rows/storage-budget.js';
import { DayCount, secondsLeftOfDay } from './day-count.js';
import { SharedCounts } from './shared-counts.js';

const KIB = 1_024;

/** A budget of the day that is kept. */
interface Budget {
  readonly of: 'bytes' | 'records';
  readonly setting: string;
  readonly quota: number;
  readonly count: DayCount;
}

/**
 * Limits the bytes and records that a caller stores in a day beside the rows. Counted in memory, so that no write has a
 * statement more, and exchanged with all other processes through the database, where the day's sums stay: a process that
 * starts knows a caller's sums half a second after their first write.
 */
@Injectable()
export class StorageLimits extends StorageBudget {
  /** Bytes and records that this process has stored. */
  readonly stored: ReadonlyMap<StoredKind, { bytes: number; records: number }> = new Map([
    ['change', { bytes: 0, records: 0 }],
    ['idempotency', { bytes: 0, records: 0 }],
  ]);
  /** Writes that this process has refused, by the budget that was used up. */
  readonly refused = { bytes: 0, records: 0 };
  private readonly budgets: Budget[] = [];

  constructor({ access: { keys, jwt, storage } }: Config, shared: SharedCounts) {
    super();
    if (!keys && !jwt) return;
    const { bytes, records } = storage;
    const all: Budget[] = [
      { of: 'bytes', setting: 'STORAGE_BYTES_PER_CALLER', quota: bytes, count: new DayCount(bytes, KIB) },
      { of: 'records', setting: 'STORAGE_RECORDS_PER_CALLER', quota: records, count: new DayCount(records) },
    ];
    this.budgets = all.filter(({ quota }) => quota > 0);
    for (const { of, count } of this.budgets) shared.share(`stored ${of}`, count);
  }

  refuseSpent(caller: string): void {
    const spent = this.budgets.find(({ count }) => count.isSpent(caller));
    if (!spent) return;
    const { of, quota, setting } = spent;
    this.refused[of]++;
    const detail = `Your changes and idempotent answers of this day (UTC) have used up its ${quota} ${of} (${setting}). Read on, and write again when it is over.`;
    const headers = { 'retry-after': String(secondsLeftOfDay()) };
    throw new DomainError('storage-budget-spent', detail, { headers, log: { limit: `stored-${of}` } });
  }

  charge(stored: readonly Stored[]): (isStored: boolean) => void {
    const at = Date.now();
    for (const { of, count } of this.budgets) for (const one of stored) count.take(one.caller, amountOf(one, of), at);
    return (isStored) => {
      if (isStored) this.add(stored);
      else this.giveBack(stored, at);
    };
  }

  private add(stored: readonly Stored[]): void {
    for (const { kind, bytes } of stored) {
      const total = this.stored.get(kind)!;
      total.bytes += bytes;
      total.records++;
    }
  }

  private giveBack(stored: readonly Stored[], takenAt: number): void {
    for (const { of, count } of this.budgets)
      for (const one of stored) count.giveBack(one.caller, amountOf(one, of), takenAt);
  }
}

function amountOf({ bytes }: Stored, of: Budget['of']): number {
  return of === 'bytes' ? bytes : 1;
}
