import type { Caller } from '../http/caller.js';

/** A caller, and until when nobody need look again (milliseconds since 1970). */
export interface Verified {
  readonly caller: Caller;
  readonly until: number;
}
