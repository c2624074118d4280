const WINDOW_MS = 60_000;
const MOST_KEYS = 100_000;

/** What stands after a request was counted. */
export interface Standing {
  /** Requests that are left in this minute; below zero: refused. */
  readonly left: number;
  /** To the end of this minute; where none are left, until the next one gets in. */
  readonly resetSeconds: number;
}

/**
 * Requests of the last minute for each key, as a sliding window of two counts (the share of the minute before that still
 * is within 60 s, plus this minute's): two numbers a key, and no burst of twice the quota where two minutes meet.
 */
export class SlidingCount {
  /** Of this minute: counted here. */
  private current = new Map<string, number>();
  private previous = new Map<string, number>();
  /** Of this minute: counted by other processes, as far as is known. */
  private others = new Map<string, number>();
  private previousOthers = new Map<string, number>();
  private minute = 0;

  constructor(readonly quota: number) {}

  take(key: string, now = Date.now()): Standing {
    const standing = this.look(key, now);
    const count = this.current.get(key) ?? 0;
    if (count === 0 && this.current.size >= MOST_KEYS) this.current.delete(this.current.keys().next().value!);
    // What is refused does not count: otherwise who asks too often would never get in again.
    if (standing.left > 0) this.current.set(key, count + 1);
    return { ...standing, left: standing.left - 1 };
  }

  look(key: string, now = Date.now()): Standing {
    this.turn(now);
    const before = (this.previous.get(key) ?? 0) + (this.previousOthers.get(key) ?? 0);
    const during = (this.current.get(key) ?? 0) + (this.others.get(key) ?? 0);
    const elapsed = now % WINDOW_MS;
    const used = during + (before === 0 ? 0 : before * (1 - elapsed / WINDOW_MS));
    const left = Math.floor(this.quota - used);
    if (left > 0) return { left, resetSeconds: Math.ceil((WINDOW_MS - elapsed) / 1000) };
    // Rounded up, and a whole second where there is nothing to round: never a moment too early.
    return { left, resetSeconds: Math.floor((this.roomAt(before, during) - elapsed) / 1000) + 1 };
  }

  /** When one more gets in, in milliseconds from the beginning of this minute, if nobody else comes meanwhile. */
  private roomAt(before: number, during: number): number {
    const most = this.quota - 1;
    if (during <= most) return WINDOW_MS * (1 - (most - during) / before);
    // This minute then is the one before.
    return WINDOW_MS + WINDOW_MS * (1 - most / during);
  }

  /** All that was counted here in the minute of `now`. */
  counts(now = Date.now()): ReadonlyMap<string, number> {
    this.turn(now);
    return this.current;
  }

  setOthers(key: string, minute: number, requests: number): void {
    if (minute === this.minute) this.others.set(key, requests);
  }

  private turn(now: number): void {
    const minute = Math.floor(now / WINDOW_MS);
    if (minute === this.minute) return;
    const isNext = minute === this.minute + 1;
    this.previous = isNext ? this.current : new Map<string, number>();
    this.previousOthers = isNext ? this.others : new Map<string, number>();
    this.current = new Map();
    this.others = new Map();
    this.minute = minute;
  }
}
