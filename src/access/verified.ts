import type { Caller } from './caller.js';

/** A caller, and until when nobody need look again (milliseconds since 1970). */
export interface Verified {
  readonly caller: Caller;
  readonly until: number;
}

/** Why credentials do not hold, in words for the log alone. */
export interface Refused {
  readonly caller?: undefined;
  readonly why: string;
  /** The id of a key that held once. */
  readonly key?: string;
}
