import { DomainError } from '../http/domain-error.js';
import type { Feed } from './feed.repository.js';

const POSITION = /^([0-9a-f]{12})-(\d{1,15})$/;

/** A position in a feed as clients keep it: which history, and how far. */
export function formatPosition(epoch: string, seq: number): string {
  return `${epoch}-${seq}`;
}

/** @throws DomainError `invalid-parameter` for what is no position, `position-expired` for one that is no longer kept */
export function parsePosition(
  text: string,
  { epoch, head, min_seq: minSeq }: Feed,
  where: { parameter: string } | { header: string },
): number {
  const found = POSITION.exec(text);
  if (!found) {
    const detail = 'This is not a position: take it as the feed gave it.';
    throw new DomainError('invalid-parameter', detail, { errors: [{ code: 'malformed', detail, ...where }] });
  }
  const seq = Number(found[2]);
  if (found[1] === epoch && seq >= minSeq - 1 && seq <= head) return seq;
  throw new DomainError(
    'position-expired',
    'What came after this position is no longer kept. Read the rows anew, with initial=true.',
  );
}
