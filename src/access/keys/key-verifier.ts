import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Caller } from '../../http/caller.js';
import type { Verified } from '../verified.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { digestOf, idOfKey, isSameDigest } from './key-format.js';

/** How long a key is taken without a look: a revoked one works no longer than that in any process. */
const REMEMBERED_MS = 10_000;

@Injectable()
export class KeyVerifier {
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly config: Config,
    private readonly keys: ApiKeyRepository,
  ) {}

  /** @returns null for a key that does not hold: unknown, revoked, expired, mistyped, or where keys are not taken */
  async verify(key: string): Promise<Verified | null> {
    const id = this.config.access.keys ? idOfKey(key) : null;
    const row = id === null ? null : await this.keys.find(id);
    const end = row && endOf(row, digestOf(key));
    if (!row || end === null || end <= Date.now()) return null;
    // Nobody waits for it, and nothing depends on it.
    this.keys.touch(row).catch(() => undefined);
    const isStillValid = async () => {
      const now = await this.keys.find(row.id);
      return now !== null && now.scopes === row.scopes && (endOf(now, digestOf(key)) ?? 0) > Date.now();
    };
    const caller = new Caller(`key:${row.id}`, row.scopes.split(' '), { isStillValid });
    return { caller, until: Math.min(end, Date.now() + REMEMBERED_MS) };
  }

  /** Keys that were remembered may not hold any more. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Until when a key with this digest holds, in milliseconds since 1970; null for another key. */
function endOf(row: ApiKeyEntity, digest: string): number | null {
  if (row.revoked_at !== null) return null;
  const expires = row.expires_at === null ? Infinity : Date.parse(row.expires_at);
  if (isSameDigest(row.digest, digest)) return expires;
  if (row.previous_digest === null || !isSameDigest(row.previous_digest, digest)) return null;
  return Math.min(expires, Date.parse(row.previous_until!));
}
