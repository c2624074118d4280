/** The state of credentials at the moment of asking. */
export interface Standing {
  /** The time when they end by themselves, in milliseconds since 1970; Infinity: never. */
  readonly endsAt: number;
  /** A rotation has put others in their place, and they only work on for a while. */
  readonly isReplaced: boolean;
}

export interface CallerOptions {
  /** The claims of the token or the key, for row rules. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Looks at the credentials anew. @returns null where they no longer hold, or no longer mean the same */
  readonly standing?: () => Promise<Standing | null>;
}

const FOR_EVER: Standing = { endsAt: Infinity, isReplaced: false };

/** An authenticated caller. Its permissions are a set of scopes (`resource:read`); `*` in either half stands for all. */
export class Caller {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly standing: () => Promise<Standing | null>;
  /** The id as JSON, for log lines. */
  readonly quoted: string;
  private readonly scopes: ReadonlySet<string>;
  private readonly hasWildcards: boolean;

  constructor(
    /** Stable and unique among callers; the scope of idempotency keys and the actor in the change log. */
    readonly id: string,
    scopes: Iterable<string>,
    { claims = {}, standing = () => Promise.resolve(FOR_EVER) }: CallerOptions = {},
  ) {
    this.quoted = JSON.stringify(id);
    this.scopes = new Set(scopes);
    this.hasWildcards = [...this.scopes].some((scope) => scope.includes('*'));
    this.claims = claims;
    this.standing = standing;
  }

  /** No answer is remembered: callers choose some of the scopes that are asked for. */
  can(scope: string): boolean {
    if (this.scopes.has(scope)) return true;
    if (!this.hasWildcards) return false;
    const [module = '', verb = ''] = scope.split(':');
    return this.scopes.has('*:*') || this.scopes.has(`*:${verb}`) || this.scopes.has(`${module}:*`);
  }

  /** Asked now and then by what outlives a request. */
  async isStillValid(): Promise<boolean> {
    return (await this.standing()) !== null;
  }
}

/** Everybody, where no authentication is configured: such a service is bound to 127.0.0.1. */
export const ANYBODY = new Caller('anonymous', ['*:*']);

/** The caller that may do nothing at all. */
export const NOBODY = new Caller('nobody', []);
