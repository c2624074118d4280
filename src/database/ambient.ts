import { AsyncLocalStorage } from 'node:async_hooks';
import type { ActiveTransaction } from './active-transaction.js';
import type { Work } from './after-commit.js';

/** The transaction of an asynchronous context, and the database that it is of. */
export interface Ambient {
  readonly of: object;
  readonly transaction: ActiveTransaction;
}

export const ambient = new AsyncLocalStorage<Ambient>();

/**
 * Calls `work` once the transaction that is under way is committed, and never where it is rolled back.
 * @returns false where there is no transaction
 */
export function whenCommitted(work: Work): boolean {
  const transaction = ambient.getStore()?.transaction;
  transaction?.afterCommit(work);
  return transaction !== undefined;
}
