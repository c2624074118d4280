import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { HeldWrite } from '../../database/held-write.js';
import type { Transaction } from '../../database/session.js';
import { DomainError } from '../../problems/domain-error.js';
import { StorageBudget } from '../../rows/storage-budget.js';
import { Rendered } from '../endpoints/render.js';
import { IdempotencyRepository, type StoredAnswer } from './idempotency.repository.js';

/** One use of a key: its caller and name, and a digest of the request. Both SHA-256. */
export interface KeyedRequest {
  /** The caller's id. */
  readonly caller: string;
  readonly id: string;
  readonly request: string;
  /** The time when it had arrived, by `performance.now()`. */
  readonly since?: number | undefined;
}

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a key, its write and its answer are committed together
 * or not at all. So a retry after a crash between commit and answer gets the first answer, and a failed attempt, which
 * was rolled back, leaves the key free.
 */
@Injectable()
export class Idempotency {
  /** Keys that this process is working on. Another process's are met at the row, where the claim waits for its commit. */
  private readonly running = new Set<string>();
  /** Answers that were given again. */
  replays = 0;

  constructor(
    private readonly database: Database,
    private readonly keys: IdempotencyRepository,
    private readonly budget: StorageBudget,
  ) {}

  /** @param mayHave the stored answer as far as the caller may have it now */
  async once(
    { caller, id, request, since }: KeyedRequest,
    write: () => Promise<Rendered>,
    mayHave: (answer: Rendered) => Promise<Rendered>,
  ): Promise<Rendered> {
    const work = async (transaction: Transaction) => {
      const stored = await this.take(id, request);
      if (stored) {
        const answer = await replay(stored, request, mayHave);
        this.replays++;
        await this.keys.settle(id);
        return answer;
      }
      // Answers that are stored are given again all the same.
      this.budget.refuseSpent(caller);
      const answer = await write();
      transaction.onEnd(this.charge(caller, answer));
      await this.keys.complete(id, answer);
      return answer;
    };
    return this.alone(id, () => this.database.transaction(work, { since }));
  }

  /**
   * The same for a write that is likely to make one row and nothing else: the row is held back until the answer is
   * there, then key, row, change record and answer are stored together, with those of other requests. What turns out to
   * do more is run again as `once` does it, which also answers who comes with a key that somebody has.
   */
  async onceWithOneRow(
    keyed: KeyedRequest,
    write: () => Promise<Rendered>,
    mayHave: (answer: Rendered) => Promise<Rendered>,
  ): Promise<Rendered> {
    const { caller, id, request } = keyed;
    const held = new HeldWrite();
    const done = await this.alone(id, async () => {
      if (await this.keys.find(id)) return null;
      const answer = await this.database.holdingBack(held, write).catch((error: unknown) => {
        if (!held.isMore) throw error;
      });
      if (!answer || !held.release || held.isMore) return null;
      const settle = this.charge(caller, answer);
      let isStored = false;
      try {
        isStored = await held.release(this.keys.companion(id, request, answer));
      } finally {
        settle(isStored);
      }
      return isStored ? answer : null;
    });
    return done ?? this.once(keyed, write, mayHave);
  }

  private charge(caller: string, { headers, body }: Rendered): (isStored: boolean) => void {
    const bytes = Buffer.byteLength(JSON.stringify(headers)) + Buffer.byteLength(body ?? '');
    return this.budget.charge([{ kind: 'idempotency', caller, bytes }]);
  }

  private async alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.running.has(id)) throw inFlight();
    this.running.add(id);
    try {
      return await work();
    } finally {
      this.running.delete(id);
    }
  }

  private async take(id: string, request: string): Promise<StoredAnswer | null> {
    const stored = await this.keys.find(id);
    if (stored) return stored;
    if (await this.keys.claim(id, request)) return null;
    const first = await this.keys.find(id);
    if (!first) throw inFlight();
    return first;
  }
}

async function replay(
  stored: StoredAnswer,
  request: string,
  mayHave: (answer: Rendered) => Promise<Rendered>,
): Promise<Rendered> {
  if (stored.request !== request) {
    const detail = 'This Idempotency-Key was used for another request. Use a new key for a new request.';
    const errors = [{ code: 'reused', detail, header: 'idempotency-key' }];
    throw new DomainError('idempotency-key-reused', detail, { errors });
  }
  const { status, headers, body } = await mayHave(stored.answer);
  return new Rendered(status, { ...headers, 'idempotency-replayed': 'true' }, body);
}

function inFlight(): DomainError {
  const detail = 'The first request with this Idempotency-Key is still being worked on.';
  return new DomainError('idempotency-in-flight', detail, { headers: { 'retry-after': '1' } });
}
