import { Injectable } from '@nestjs/common';
import { errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { Config, type JwtConfig } from '../../config/config.js';
import { Caller, type Standing } from '../caller.js';
import { DomainError } from '../../problems/domain-error.js';
import { SCOPE } from '../keys/api-key.dto.js';
import type { Refused, Verified } from '../verified.js';
import { KeySet } from './key-set.js';

/** Clocks differ. */
const TOLERANCE_SECONDS = 5;
const LONGEST_SUBJECT = 200;
/** JWTs are remembered until they expire, but no longer than this. */
const REMEMBERED_MS = 3_600_000;
/** Media types of access tokens (RFC 9068 section 2.1) and of JWTs that do not say which kind they are. */
const TYPES: readonly unknown[] = ['at+jwt', 'jwt'];

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

  /** @returns no caller for a token that does not hold, whatever the reason */
  async verify(token: string): Promise<Verified | Refused> {
    const { jwt, keys } = this;
    if (!jwt || !keys) return { why: 'not-taken' };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
        algorithms: [...jwt.algorithms],
        issuer: jwt.issuer,
        audience: jwt.audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: TOLERANCE_SECONDS,
      });
      const { sub, exp } = payload;
      if (!isAccessToken(protectedHeader, payload)) return { why: 'no-access-token' };
      if (!hasGoodTimes(payload) || !isSubject(sub)) return { why: 'bad-claims' };
      const ends = exp! * 1000;
      const standing = async (): Promise<Standing | null> =>
        (await this.verify(token)).caller ? { endsAt: ends, isReplaced: false } : null;
      const caller = new Caller(`user:${sub}`, scopesOf(payload, jwt.scopeClaim), { claims: payload, standing });
      return { caller, until: Math.min(ends + TOLERANCE_SECONDS * 1000, Date.now() + REMEMBERED_MS) };
    } catch (error) {
      if (error instanceof DomainError) throw error;
      return { why: error instanceof errors.JOSEError ? error.code : 'malformed' };
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

/**
 * Issuers sign tokens of other kinds with the same keys, for the same audience (RFC 8725 sections 2.8 and 3.11): a logout
 * token, an event (RFC 8417), one token inside of another (`cty`).
 */
function isAccessToken({ typ, cty }: JWTHeaderParameters, payload: JWTPayload): boolean {
  if (cty !== undefined || 'events' in payload) return false;
  if (typ === undefined) return true;
  // Media types go without `application/` here (RFC 7515 section 4.1.9), and have no case.
  return typeof typ === 'string' && TYPES.includes(typ.toLowerCase().replace(/^application\//, ''));
}

/** JSON has numbers that are no times: 1e999 would be an end that never comes. */
function hasGoodTimes({ exp, nbf, iat }: JWTPayload): boolean {
  const isTime = (time?: number) => time === undefined || !Number.isNaN(new Date(time * 1000).getTime());
  return [exp, nbf, iat].every(isTime) && (iat ?? 0) <= Date.now() / 1000 + TOLERANCE_SECONDS;
}

/** It becomes the caller's id, which logs and the change log show to people. */
function isSubject(sub: unknown): sub is string {
  return typeof sub === 'string' && sub !== '' && sub.length <= LONGEST_SUBJECT && !/[\p{Cc}\p{Cs}]/u.test(sub);
}

/** RFC 8693 section 4.2 has words with spaces between; some issuers give an array. Words of other services are left out. */
function scopesOf(payload: JWTPayload, claim: string): string[] {
  const value = payload[claim];
  const words: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return words.filter((word): word is string => typeof word === 'string' && SCOPE.test(word));
}
