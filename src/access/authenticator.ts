import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ANYBODY, type Caller } from '../http/caller.js';
import { KEY_PREFIX } from './keys/key-format.js';
import { KeyVerifier } from './keys/key-verifier.js';
import { Remembered } from './remembered.js';
import { TokenVerifier } from './tokens/token-verifier.js';
import { unauthenticated } from './unauthenticated.js';

const LONGEST_CREDENTIALS = 8_192;
const REMEMBERED_CALLERS = 10_000;

/** `Authorization: Bearer …` to a caller: an API key or a JWT, whichever are configured. */
@Injectable()
export class Authenticator {
  /** Nobody is asked who they are. */
  readonly isOpen: boolean;
  readonly anybody = ANYBODY;
  private readonly known = new Remembered<Caller>(REMEMBERED_CALLERS);
  /** One look for all that come with the same credentials at once. */
  private readonly running = new Map<string, Promise<Caller>>();
  /** How often credentials have changed: what was looked up before does not count after. */
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
    return header === undefined ? undefined : this.known.get(header);
  }

  /** Whether they held at the last look: whose they are can't be guessing. */
  hasHeld(header: string | undefined): boolean {
    return header !== undefined && this.known.had(header);
  }

  /** @throws DomainError `unauthenticated`; `issuer-unavailable` or one of the database's where nobody can tell */
  async authenticate(header: string | undefined): Promise<Caller> {
    if (header === undefined) throw unauthenticated(false);
    let looking = this.running.get(header);
    if (!looking) {
      looking = this.look(header).finally(() => this.running.delete(header));
      this.running.set(header, looking);
    }
    return looking;
  }

  private async look(header: string): Promise<Caller> {
    const [, credentials] = /^Bearer +([\x21-\x7e]+) *$/i.exec(header) ?? [];
    if (credentials === undefined || header.length > LONGEST_CREDENTIALS) throw unauthenticated(true);
    const verifier = credentials.startsWith(KEY_PREFIX) ? this.keys : this.tokens;
    const { changes } = this;
    const verified = await verifier.verify(credentials);
    if (!verified) {
      this.known.forget(header);
      throw unauthenticated(true);
    }
    if (changes === this.changes) this.known.set(header, verified.caller, verified.until);
    return verified.caller;
  }
}
