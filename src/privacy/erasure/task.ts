import type { ErasureEntity } from '../ledger/erasure.entity.js';
import type { Counts } from './counts.js';

/** The part of a task that says how one row is erased. */
export interface Erasing {
  /** The random part of its pseudonyms. */
  readonly token: string;
  /** Nothing is changed, only counted. */
  readonly isDry: boolean;
  readonly counts: Counts;
  /** Writes into the ledger what is erased, in the transaction that erases it. */
  readonly note: (what: Pick<ErasureEntity, 'module' | 'row_id' | 'version' | 'how'>) => Promise<void>;
  /** Keeps how much was found, in the transaction that has found it. */
  readonly save: (module: string, counts: Counts) => Promise<void>;
}

/** One walk through all that there is of a subject. */
export interface Task extends Erasing {
  readonly subject: string;
  /** Called after each small step. @throws Error where the task is to be dropped; another process goes on with it */
  readonly step: () => void;
}
