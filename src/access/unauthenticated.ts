import { DomainError } from '../http/domain-error.js';

/**
 * One answer for all credentials that do not hold (RFC 6750 section 3.1): what is wrong with them helps nobody but those
 * who try. @param given whether there were any
 */
export function unauthenticated(given: boolean): DomainError {
  const challenge = `Bearer realm="plinth"${given ? ', error="invalid_token"' : ''}`;
  return new DomainError('unauthenticated', 'The request needs a valid API key or token.', {
    headers: { 'www-authenticate': challenge },
  });
}

/** @param scope the one that is missing */
export function insufficientScope(scope: string): DomainError {
  return new DomainError('forbidden', `This needs the scope ${scope}.`, {
    headers: { 'www-authenticate': `Bearer realm="plinth", error="insufficient_scope", scope="${scope}"` },
  });
}
