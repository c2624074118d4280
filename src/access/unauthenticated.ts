import { DomainError } from '../problems/domain-error.js';
import type { Refused } from './verified.js';

/**
 * One answer for all credentials that do not hold (RFC 6750 section 3.1): what is wrong with them helps nobody but those
 * who try. The log says why. @param refused undefined where there were none
 */
export function unauthenticated(refused?: Refused): DomainError {
  const { why, key } = refused ?? { why: 'none' };
  const challenge = `Bearer realm="plinth"${refused ? ', error="invalid_token"' : ''}`;
  return new DomainError('unauthenticated', 'The request needs a valid API key or token.', {
    headers: { 'www-authenticate': challenge },
    log: { why, ...(key !== undefined && { key }) },
  });
}

/** @param scope the one that is missing */
export function insufficientScope(scope: string): DomainError {
  return new DomainError('forbidden', `This needs the scope ${scope}.`, {
    headers: { 'www-authenticate': `Bearer realm="plinth", error="insufficient_scope", scope="${scope}"` },
    log: { scope },
  });
}
