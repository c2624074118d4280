import type { Statement } from './session.js';

/** A row that is stored with another one, or not at all, and what takes it away again. */
export interface Companion {
  readonly insert: Statement;
  readonly remove: Statement;
}

/** Stores the row that was held back. @returns false, and nothing is stored, where a unique constraint has the companion */
export type Release = (companion: Companion) => Promise<boolean>;

/** Takes the one write that is made while it is ambient, for whoever holds it to make later. */
export class HeldWrite {
  release?: Release;
  /** Whether it was more than that one write: what was done has to be done again, in a transaction. */
  isMore = false;

  /** @returns whether it takes the write */
  hold(release: Release): boolean {
    if (this.release || this.isMore) return false;
    this.release = release;
    return true;
  }

  refuse(): Error {
    this.isMore = true;
    return new Error('More than one write is held back: it is run again in a transaction.');
  }
}
