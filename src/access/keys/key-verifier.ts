import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Caller, type Standing } from '../caller.js';
import type { Refused, Verified } from '../verified.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { claimsIn } from './claims.js';
import { digestOf, idOfKey, isSameDigest } from './key-format.js';

/**
 * Milliseconds for which a key is accepted without asking the database: a revoked one works no longer than that in any
 * process.
 */
const REMEMBERED_MS = 10_000;

@Injectable()
export class KeyVerifier {
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly config: Config,
    private readonly keys: ApiKeyRepository,
  ) {}

  /** @returns no caller for a key that does not hold: unknown, ended, mistyped, or where keys are not taken */
  async verify(key: string): Promise<Verified | Refused> {
    if (!this.config.access.keys) return { why: 'not-taken' };
    const id = idOfKey(key);
    if (id === null) return { why: 'malformed' };
    const row = await this.keys.find(id);
    const digest = digestOf(key);
    const found = row && standingOf(row, digest);
    if (!row || found === null) return { why: 'unknown' };
    if (typeof found === 'string') return { why: found, key: row.id };
    // Nobody waits for it, and nothing depends on it.
    this.keys.touch(row).catch(() => undefined);
    const standing = async (): Promise<Standing | null> => {
      const now = await this.keys.find(row.id);
      const stands = now?.scopes === row.scopes && now.claims === row.claims ? standingOf(now, digest) : null;
      return typeof stands === 'string' ? null : stands;
    };
    const caller = new Caller(`key:${row.id}`, row.scopes.split(' '), { claims: claimsIn(row.claims), standing });
    return { caller, until: Math.min(found.endsAt, Date.now() + REMEMBERED_MS) };
  }

  /** Keys that were remembered may not hold any more. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** The state of the key with this digest, or why it has ended; null for another key. */
function standingOf(row: ApiKeyEntity, digest: string): Standing | 'revoked' | 'expired' | 'replaced' | null {
  const isReplaced = !isSameDigest(row.digest, digest);
  if (isReplaced && (row.previous_digest === null || !isSameDigest(row.previous_digest, digest))) return null;
  if (row.revoked_at !== null) return 'revoked';
  const expires = expiryOf(row);
  if (expires <= Date.now()) return 'expired';
  const endsAt = isReplaced ? Math.min(expires, Date.parse(row.previous_until!)) : expires;
  return endsAt > Date.now() ? { endsAt, isReplaced } : 'replaced';
}

/** The end of a key in milliseconds since 1970; Infinity for a key without one. */
export function expiryOf({ expires_at: expires }: ApiKeyEntity): number {
  return expires === null ? Infinity : Date.parse(expires);
}
