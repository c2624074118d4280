import { Injectable } from '@nestjs/common';
import { jwtVerify, type JWTPayload } from 'jose';
import { Config, type JwtConfig } from '../../config/config.js';
import { Caller } from '../../http/caller.js';
import { DomainError } from '../../http/domain-error.js';
import { SCOPE } from '../keys/api-key.dto.js';
import type { Verified } from '../verified.js';
import { KeySet } from './key-set.js';

/** Clocks differ. */
const TOLERANCE_SECONDS = 5;
const LONGEST_SUBJECT = 200;
/** JWTs are remembered until they expire, but no longer than this. */
const REMEMBERED_MS = 3_600_000;

/** JWT access tokens (RFC 7519, RFC 8725): algorithms, issuer and audience pinned, `exp` and `sub` required. */
@Injectable()
export class TokenVerifier {
  private readonly jwt: JwtConfig | null;
  private readonly keys: KeySet | null;
  private readonly listeners: (() => void)[] = [];

  constructor({ access: { jwt } }: Config) {
    this.jwt = jwt;
    this.keys = jwt && new KeySet(jwt.jwksUrl, () => this.changed());
  }

  /** @returns null for a token that does not hold, whatever the reason */
  async verify(token: string): Promise<Verified | null> {
    const { jwt, keys } = this;
    if (!jwt || !keys) return null;
    try {
      const { payload } = await jwtVerify(token, keys.find, {
        algorithms: [...jwt.algorithms],
        issuer: jwt.issuer,
        audience: jwt.audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: TOLERANCE_SECONDS,
      });
      const { sub, exp } = payload;
      if (typeof sub !== 'string' || sub === '' || sub.length > LONGEST_SUBJECT || !sub.isWellFormed()) return null;
      const expires = (exp! + TOLERANCE_SECONDS) * 1000;
      const isStillValid = async () => (await this.verify(token)) !== null;
      const caller = new Caller(`user:${sub}`, scopesOf(payload, jwt.scopeClaim), { claims: payload, isStillValid });
      return { caller, until: Math.min(expires, Date.now() + REMEMBERED_MS) };
    } catch (error) {
      if (error instanceof DomainError) throw error;
      return null;
    }
  }

  /** The issuer has other keys: tokens that were remembered may not hold any more. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** RFC 8693 section 4.2 has words with spaces between; some issuers give an array. Words of other services are left out. */
function scopesOf(payload: JWTPayload, claim: string): string[] {
  const value = payload[claim];
  const words: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return words.filter((word): word is string => typeof word === 'string' && SCOPE.test(word));
}
