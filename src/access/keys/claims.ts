import { DomainError } from '../../problems/domain-error.js';
import type { FieldOptions } from '../../fields/field.js';
import type { Caller } from '../caller.js';

/** Statements about a key's holder, for row rules: `{ "tenant": "north" }`. */
export type Claims = Readonly<Record<string, string | number | boolean>>;

/** Lets a caller give claims that they do not have, and manage keys that have others. */
const CLAIMS = 'api-key:claims';
/** Names that say who a token is of, and until when (RFC 7519 section 4.1, RFC 9068): a key must not pretend to. */
const REGISTERED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'scope', 'client_id'];
export const CLAIMS_BYTES = 2_048;

export const CLAIMS_SCHEMA = {
  type: 'object',
  maxProperties: 16,
  propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_.:/-]{0,63}$', not: { enum: REGISTERED } },
  additionalProperties: { type: ['string', 'number', 'boolean'], maxLength: 200 },
};

export const CLAIMS_FIELD = {
  type: 'json',
  nullable: true,
  maxBytes: CLAIMS_BYTES,
  schema: CLAIMS_SCHEMA,
} as const satisfies FieldOptions;

export function storedClaims(claims: Claims): string | null {
  return Object.keys(claims).length === 0 ? null : JSON.stringify(claims);
}

export function claimsIn(text: string | null): Claims {
  return text === null ? {} : (JSON.parse(text) as Claims);
}

/**
 * The claims of a new key: those that are asked for, or the ones that its maker's own key has.
 * @throws DomainError `forbidden`
 */
export function claimsFor(caller: Caller, asked: Claims | null | undefined): Claims {
  const claims = asked ?? ownOf(caller);
  refuseClaims(caller, claims, "You can't give what you don't have");
  return claims;
}

/**
 * Nobody gets hold of a key that has a claim which they lack, or, by a key, of one that lacks a claim of theirs: which of
 * both shows more rows only the rules know.
 * @throws DomainError `forbidden`
 */
export function refuseClaims(caller: Caller, claims: Claims, why: string): void {
  if (caller.can(CLAIMS)) return;
  const own = ownOf(caller);
  const others = Object.keys(claims).filter((name) => !Object.is(claimOf(caller, name), claims[name]));
  const lost = Object.keys(own).filter((name) => !Object.is(claims[name], own[name]));
  const names = [...new Set([...others, ...lost])];
  if (names.length > 0)
    throw new DomainError('forbidden', `${why}, without the scope ${CLAIMS}: the claims ${names.join(', ')}.`, {
      log: { why: 'claims' },
    });
}

/** A token says much that is no business of a key's: only what is asked for is taken of it. */
function ownOf({ id, claims }: Caller): Claims {
  return id.startsWith('key:') ? (claims as Claims) : {};
}

function claimOf({ claims }: Caller, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
