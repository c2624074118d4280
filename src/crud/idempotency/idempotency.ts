import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/session.js';
import { DomainError } from '../../problems/domain-error.js';
import { CompanionTaken, type Companion } from '../../rows/row-creates.js';
import { StorageBudget } from '../../rows/storage-budget.js';
import { Rendered } from '../endpoints/render.js';
import { IdempotencyRepository, type StoredAnswer } from './idempotency.repository.js';

/** The key with the answer that it keeps, to be stored. */
export type KeyFor = (answer: Rendered) => Companion;

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

  /** @param narrow leaves out of a stored answer what the caller may not see any more */
  async once(
    { caller, id, request, since }: KeyedRequest,
    write: () => Promise<Rendered>,
    narrow: (answer: Rendered) => Promise<Rendered>,
  ): Promise<Rendered> {
    const work = async (transaction: Transaction) => {
      const stored = await this.take(id, request);
      if (stored) {
        const answer = await replay(stored, request, narrow);
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
   * The same for a request that creates one row and does nothing else: row, change record, key and answer are stored
   * together, with those of other requests. One whose key somebody has is answered as `once` does it.
   * @param write stores the key that it gets with the row, for the answer that it gives back
   */
  async onceWithOneRow(
    keyed: KeyedRequest,
    write: (keyFor?: KeyFor) => Promise<Rendered>,
    narrow: (answer: Rendered) => Promise<Rendered>,
  ): Promise<Rendered> {
    const { caller, id, request } = keyed;
    const created = await this.alone(id, async () => {
      if (await this.keys.find(id)) return null;
      let settle: ((isStored: boolean) => void) | undefined;
      let isStored = false;
      try {
        const answer = await write((given) => {
          settle = this.charge(caller, given);
          return this.keys.companion(id, request, given);
        });
        isStored = true;
        return answer;
      } catch (error) {
        if (error instanceof CompanionTaken) return null;
        throw error;
      } finally {
        settle?.(isStored);
      }
    });
    return created ?? this.once(keyed, write, narrow);
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
  narrow: (answer: Rendered) => Promise<Rendered>,
): Promise<Rendered> {
  if (stored.request !== request) {
    const detail = 'This Idempotency-Key was used for another request. Use a new key for a new request.';
    const errors = [{ code: 'reused', detail, header: 'idempotency-key' }];
    throw new DomainError('idempotency-key-reused', detail, { errors });
  }
  const { status, headers, body } = await narrow(stored.answer);
  return new Rendered(status, { ...headers, 'idempotency-replayed': 'true' }, body);
}

function inFlight(): DomainError {
  const detail = 'The first request with this Idempotency-Key is still being worked on.';
  return new DomainError('idempotency-in-flight', detail, { headers: { 'retry-after': '1' } });
}
