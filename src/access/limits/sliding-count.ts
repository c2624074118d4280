import { entry, totalOf, untoldOf, type SharedCount, type Tally, type Untold } from './tally.js';

const WINDOW_MS = 60_000;

/** The state of a budget after a request was counted. */
export interface Standing {
  /** Requests that are left in this minute; below zero: refused. */
  readonly left: number;
  /** Seconds to the end of this minute; where no requests are left, until the next one is let in. */
  readonly resetSeconds: number;
}

/**
 * Requests of the last minute for each key, as a sliding window of two counts (the share of the minute before that still
 * is within 60 s, plus this minute's): two numbers a key, and no burst of twice the quota where two minutes meet.
 */
export class SlidingCount implements SharedCount {
  private current = new Map<string, Tally>();
  private previous = new Map<string, Tally>();
  private minute = 0;

  constructor(readonly quota: number) {}

  take(key: string, now = Date.now()): Standing {
    const { left, resetSeconds } = this.look(key, now);
    // A refused request does not count: otherwise a caller who asks too often would never get in again.
    if (left > 0) entry(this.current, key).here++;
    return { left: left - 1, resetSeconds };
  }

  look(key: string, now = Date.now()): Standing {
    this.turn(now);
    const before = totalOf(this.previous.get(key));
    const during = totalOf(this.current.get(key));
    const elapsed = now % WINDOW_MS;
    const used = during + (before === 0 ? 0 : before * (1 - elapsed / WINDOW_MS));
    const left = Math.floor(this.quota - used);
    if (left > 0) return { left, resetSeconds: Math.ceil((WINDOW_MS - elapsed) / 1000) };
    // Rounded up, and a whole second where there is nothing to round: never a moment too early.
    return { left, resetSeconds: Math.floor((this.roomAt(before, during) - elapsed) / 1000) + 1 };
  }

  /**
   * The moment when one more request is let in, in milliseconds from the beginning of this minute, if no other comes
   * meanwhile.
   */
  private roomAt(before: number, during: number): number {
    const most = this.quota - 1;
    if (during <= most) return WINDOW_MS * (1 - (most - during) / before);
    // This minute then is the one before.
    return WINDOW_MS + WINDOW_MS * (1 - most / during);
  }

  /** Counts of this minute and of the one before, which may have ended between two exchanges. */
  untold(now = Date.now()): Untold[] {
    this.turn(now);
    return [...untoldOf(this.previous, this.minute - 1), ...untoldOf(this.current, this.minute)];
  }

  hear(key: string, minute: number, requests: number): void {
    let tally: Tally | undefined;
    if (minute === this.minute) tally = this.current.get(key);
    // Here nobody may have come in that minute.
    else if (minute === this.minute - 1 && (this.current.has(key) || this.previous.has(key)))
      tally = entry(this.previous, key);
    if (tally) tally.others = requests - tally.told;
  }

  private turn(now: number): void {
    const minute = Math.floor(now / WINDOW_MS);
    if (minute === this.minute) return;
    const isNext = minute === this.minute + 1;
    this.previous = isNext ? this.current : new Map<string, Tally>();
    this.current = new Map();
    this.minute = minute;
  }
}
