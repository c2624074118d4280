import Negotiator from 'negotiator';
import { DomainError } from '../problems/domain-error.js';
import { bareType } from './media-types.js';

/** A list may have empty elements, and no others (RFC 9110 section 5.6.1.2). */
const EMPTY_LIST = /^[ \t,]*$/;

/**
 * The offered type that `Accept` likes best (RFC 9110 section 12.5.1); without the header, or with an empty one, the first.
 * @param offers as the Content-Type of the answer will be: a range may have its parameters, and name UTF-8 in any case
 * @throws DomainError `not-acceptable`
 */
export function negotiate<T extends string>(accept: string | undefined, offers: readonly T[]): T {
  if (!accept || accept === '*/*') return offers[0]!;
  // The usual one, and the whole of it: what there is to weigh takes longer.
  if (offers[0]!.startsWith(`${accept};`) || EMPTY_LIST.test(accept)) return offers[0]!;
  const inFull = offers.map((offer) => (offer.includes('charset=') ? offer : `${offer}; charset=utf-8`));
  const best = new Negotiator({ headers: { accept } }).mediaType(inFull);
  if (best !== undefined) return offers[inFull.indexOf(best)]!;
  const detail = `This can be given as ${offers.map(bareType).join(', ')}.`;
  throw new DomainError('not-acceptable', detail, { errors: [{ code: 'not-offered', detail, header: 'accept' }] });
}
