import type { Caller } from '../access/caller.js';
import { DomainError } from '../problems/domain-error.js';

/** The maturity of a module. Fields and routes are added to a stable one, and never changed in meaning. */
export type Stage =
  | { readonly level: 'alpha' | 'beta' | 'stable' }
  | {
      readonly level: 'deprecated';
      /** The times when it became deprecated, and when it goes away: RFC 3339. */
      readonly since: string;
      readonly sunset: string;
      /** A page that says what to use in its place. */
      readonly link: string;
    };

/** An alpha module is only there for callers who are let in, by the scope `{module}:alpha`. */
export function checkStage(module: string, { level }: Stage, caller: Caller): void {
  if (level === 'alpha' && !caller.can(`${module}:alpha`)) {
    throw new DomainError('route-not-found', 'There is nothing at this path.');
  }
}

/** Headers of each answer of a deprecated module: RFC 9745 (Deprecation), RFC 8594 (Sunset). */
export function stageHeaders(stage: Stage): Readonly<Record<string, string>> | undefined {
  if (stage.level !== 'deprecated') return undefined;
  return {
    deprecation: `@${Math.floor(Date.parse(stage.since) / 1000)}`,
    sunset: new Date(stage.sunset).toUTCString(),
    link: `<${stage.link}>; rel="deprecation"; type="text/html"`,
  };
}
