import { Logger } from '@nestjs/common';
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { DomainError } from '../../problems/domain-error.js';

const FRESH_MS = 600_000;
/** Tokens with unknown key ids make nobody ask the issuer more often than this. */
const ASK_AGAIN_MS = 30_000;
const FIRST_ASK_AGAIN_MS = 1_000;
const FETCH_MS = 5_000;
const LARGEST = 262_144;

type LocalSet = ReturnType<typeof createLocalJWKSet>;
type Key = Awaited<ReturnType<LocalSet>>;

/**
 * The issuer's public keys. The last good ones live on through an outage of the issuer (jose's own remote set would give
 * them up after ten minutes), and a token with an unknown key id makes it look for new ones.
 */
export class KeySet {
  private readonly logger = new Logger(KeySet.name);
  private keys: LocalSet | null = null;
  private text = '';
  private fetchedAt = 0;
  private askedAt = -Infinity;
  private asking: Promise<void> | null = null;

  constructor(
    private readonly url: string,
    private readonly onChange: () => void,
  ) {}

  /**
   * The key that a token names. What a token says of where its key is (`jku`, `x5u`) or what it is (`jwk`) is not read.
   * @throws jose's errors for a key that is not there; DomainError `issuer-unavailable` where there never were any keys
   */
  readonly find = async (header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<Key> => {
    if (!this.keys) await this.ask();
    else if (performance.now() - this.fetchedAt > FRESH_MS) void this.ask();
    const { keys } = this;
    if (!keys) throw unavailable();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.ask();
      if (this.keys === keys) throw error;
      return this.keys!(header, token);
    }
  };

  private async ask(): Promise<void> {
    const pause = this.keys ? ASK_AGAIN_MS : FIRST_ASK_AGAIN_MS;
    if (!this.asking && performance.now() - this.askedAt < pause) return;
    this.askedAt = performance.now();
    this.asking ??= this.fetch().finally(() => (this.asking = null));
    await this.asking;
  }

  private async fetch(): Promise<void> {
    try {
      const answer = await fetch(this.url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
      const text = await answer.text();
      if (!answer.ok || text.length > LARGEST) throw new Error(`status ${answer.status}, ${text.length} characters`);
      this.fetchedAt = performance.now();
      if (text === this.text) return;
      this.keys = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
      this.text = text;
      this.onChange();
    } catch (error) {
      this.logger.warn(`The keys of the issuer could not be read: ${(error as Error).name}`);
    }
  }
}

function unavailable(): DomainError {
  const headers = { 'retry-after': '5' };
  return new DomainError('issuer-unavailable', 'The keys that tokens are checked with can not be read.', { headers });
}
