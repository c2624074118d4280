import Negotiator from 'negotiator';
import { DomainError } from '../problems/domain-error.js';
import { bareType } from './media-types.js';

/**
 * The offered type that `Accept` likes best (RFC 9110 section 12.5.1); without the header, or with an empty one, the first.
 * @param offers as the Content-Type of the answer will be: a range may have its parameters
 * @throws DomainError `not-acceptable`
 */
export function negotiate<T extends string>(accept: string | undefined, offers: readonly T[]): T {
  if (!accept || accept === '*/*') return offers[0]!;
  const best = new Negotiator({ headers: { accept } }).mediaType([...offers]);
  if (best !== undefined) return best as T;
  const detail = `This can be given as ${offers.map(bareType).join(', ')}.`;
  throw new DomainError('not-acceptable', detail, { errors: [{ code: 'not-offered', detail, header: 'accept' }] });
}
