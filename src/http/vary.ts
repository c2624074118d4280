import type { Route } from './route.js';

/** The headers of a request that its answer depends on, for caches (RFC 9110 section 12.5.5). */
export class Vary {
  private readonly known = new Map<Route, string>();

  /**
   * @param hasOrigins pages of some origins get answers that others don't
   * @param hasCallers callers are told apart: a private cache may serve several of them, with rows as each may see them
   */
  constructor(
    private readonly hasOrigins: boolean,
    private readonly hasCallers: () => boolean,
  ) {}

  /** Empty where the answer depends on none. */
  of(route: Route): string {
    let names = this.known.get(route);
    if (names === undefined) this.known.set(route, (names = this.namesOf(route)));
    return names;
  }

  private namesOf({ offers, isGuarded }: Route): string {
    const names: string[] = [];
    if (offers.length > 1) names.push('Accept');
    if (isGuarded && this.hasCallers()) names.push('Authorization');
    if (this.hasOrigins) names.push('Origin');
    return names.join(', ');
  }
}
