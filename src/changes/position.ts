import { DomainError } from '../problems/domain-error.js';
import type { Feed } from '../rows/feed-heads.js';

const POSITION = /^([0-9a-f]{12})-(\d{1,15})$/;

/** A place in a feed: which history, and how far in it. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** A position as clients keep it. */
export function formatPosition(epoch: string, seq: number): string {
  return `${epoch}-${seq}`;
}

/** @returns null for text that is not a position */
export function parsePosition(text: string): Position | null {
  const found = POSITION.exec(text);
  return found && { epoch: found[1]!, seq: Number(found[2]) };
}

/** @throws DomainError `position-expired` for a position of another history, or one that the feed no longer goes back to */
export function checkKept({ epoch, seq }: Position, feed: Feed): void {
  // A position ahead of the feed was given by a history that a restore has removed.
  if (epoch === feed.epoch && seq >= feed.min_seq - 1 && seq <= feed.head) return;
  throw new DomainError(
    'position-expired',
    'What came after this position is no longer kept. Read the rows anew, with initial=true.',
  );
}
