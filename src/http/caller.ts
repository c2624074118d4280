/** Who asks. What a caller may do is a set of scopes (`resource:read`); `*` in either half stands for all. */
export class Caller {
  private readonly scopes: ReadonlySet<string>;

  constructor(
    /** Stable and unique among callers; the scope of idempotency keys and the actor in the change log. */
    readonly id: string,
    scopes: Iterable<string>,
  ) {
    this.scopes = new Set(scopes);
  }

  can(scope: string): boolean {
    if (this.scopes.has(scope)) return true;
    const verb = scope.slice(scope.indexOf(':') + 1);
    return (
      this.scopes.has('*:*') || this.scopes.has(`*:${verb}`) || this.scopes.has(`${scope.slice(0, -verb.length)}*`)
    );
  }
}

/** Everybody, where no authentication is configured: such a service is bound to 127.0.0.1. */
export const ANYBODY = new Caller('anonymous', ['*:*']);
