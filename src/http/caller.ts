export interface CallerOptions {
  /** What the token says of its subject: for row rules. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Whether the credentials still hold, and still mean the same: asked now and then by what outlives a request. */
  readonly isStillValid?: () => Promise<boolean>;
}

/** Who asks. What a caller may do is a set of scopes (`resource:read`); `*` in either half stands for all. */
export class Caller {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly isStillValid: () => Promise<boolean>;
  private readonly scopes: ReadonlySet<string>;
  private readonly asked = new Map<string, boolean>();

  constructor(
    /** Stable and unique among callers; the scope of idempotency keys and the actor in the change log. */
    readonly id: string,
    scopes: Iterable<string>,
    { claims = {}, isStillValid = () => Promise.resolve(true) }: CallerOptions = {},
  ) {
    this.scopes = new Set(scopes);
    this.claims = claims;
    this.isStillValid = isStillValid;
  }

  can(scope: string): boolean {
    let answer = this.asked.get(scope);
    if (answer === undefined) this.asked.set(scope, (answer = this.has(scope)));
    return answer;
  }

  private has(scope: string): boolean {
    if (this.scopes.has(scope) || this.scopes.has('*:*')) return true;
    const [module = '', verb = ''] = scope.split(':');
    return this.scopes.has(`*:${verb}`) || this.scopes.has(`${module}:*`);
  }
}

/** Everybody, where no authentication is configured: such a service is bound to 127.0.0.1. */
export const ANYBODY = new Caller('anonymous', ['*:*']);

/** Who may do nothing at all. */
export const NOBODY = new Caller('nobody', []);
