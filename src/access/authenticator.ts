import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ANYBODY, type Caller } from './caller.js';
import { KEY_PREFIX } from './keys/key-format.js';
import { KeyVerifier } from './keys/key-verifier.js';
import { Remembered } from '../runtime/remembered.js';
import { TokenVerifier } from './tokens/token-verifier.js';
import { unauthenticated } from './unauthenticated.js';

const SCHEME = 'Bearer ';
const LONGEST_CREDENTIALS = 8_192;

/** `Authorization: Bearer …` to a caller: an API key or a JWT, whichever are configured. */
@Injectable()
export class Authenticator {
  /** Whether no credentials are asked for. */
  readonly isOpen: boolean;
  readonly anybody = ANYBODY;
  /** Callers by their credentials, in the one spelling of `spelt`. */
  private readonly known = new Remembered<Caller>();
  /** Look-ups that are under way: all requests with the same credentials share one. */
  private readonly running = new Map<string, Promise<Caller>>();
  /** Counts changes of credentials: a look-up that began before a change is not remembered. */
  private changes = 0;

  constructor(
    { access }: Config,
    private readonly keys: KeyVerifier,
    private readonly tokens: TokenVerifier,
  ) {
    this.isOpen = !access.keys && !access.jwt;
    const lookAgain = () => {
      this.changes++;
      this.known.expire();
      this.running.clear();
    };
    keys.onChange(lookAgain);
    tokens.onChange(lookAgain);
  }

  /** A caller whose credentials were verified, and still hold. */
  recall(header: string | undefined): Caller | undefined {
    if (header === undefined) return undefined;
    // As nearly all spell it: no other spelling is ever a key.
    return this.known.get(header) ?? this.known.get(spelt(header));
  }

  /** A caller whose credentials held at the last look, and so can't be guessing. */
  lastKnown(header: string | undefined): Caller | undefined {
    return header === undefined ? undefined : this.known.last(spelt(header));
  }

  /** @throws DomainError `unauthenticated`; `issuer-unavailable` or one of the database's where nobody can tell */
  async authenticate(header: string | undefined): Promise<Caller> {
    if (header === undefined) throw unauthenticated();
    const known = spelt(header);
    let looking = this.running.get(known);
    if (!looking) {
      looking = this.look(known).finally(() => this.running.delete(known));
      this.running.set(known, looking);
    }
    return looking;
  }

  private async look(header: string): Promise<Caller> {
    if (header === '') throw unauthenticated({ why: 'malformed' });
    const credentials = header.slice(SCHEME.length);
    const verifier = credentials.startsWith(KEY_PREFIX) ? this.keys : this.tokens;
    const { changes } = this;
    const verified = await verifier.verify(credentials);
    if (!verified.caller) {
      this.known.forget(header);
      throw unauthenticated(verified);
    }
    if (changes === this.changes) this.known.set(header, verified.caller, verified.until);
    return verified.caller;
  }
}

/** The one spelling of credentials: a client that varies the spaces must not fill the memory. Empty for what has none. */
function spelt(header: string): string {
  if (header.length > LONGEST_CREDENTIALS) return '';
  const [, credentials] = /^Bearer +([\x21-\x7e]+) *$/i.exec(header) ?? [];
  return credentials === undefined ? '' : `${SCHEME}${credentials}`;
}
