import { AsyncLocalStorage } from 'node:async_hooks';
import type { ActiveTransaction } from './active-transaction.js';
import type { Work } from './after-commit.js';
import { HeldWrite } from './held-write.js';

/** The transaction, or the write that is held back, of an asynchronous context; and the database that it is of. */
export interface Ambient {
  readonly of: object;
  readonly is: ActiveTransaction | HeldWrite;
}

export const ambient = new AsyncLocalStorage<Ambient>();

/**
 * Calls `work` once the transaction that is under way is committed, and never where it is rolled back.
 * @returns false where there is no transaction
 * @throws Error where a write is held back: it is run again in a transaction
 */
export function whenCommitted(work: Work): boolean {
  const here = ambient.getStore()?.is;
  if (here instanceof HeldWrite) throw here.refuse();
  here?.afterCommit(work);
  return here !== undefined;
}
