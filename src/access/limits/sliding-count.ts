const WINDOW_MS = 60_000;
const MOST_KEYS = 100_000;

/** What stands after a request was counted. */
export interface Standing {
  /** Requests that are left in this minute; below zero: refused. */
  readonly left: number;
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
    const used = during + (before === 0 ? 0 : before * (1 - (now % WINDOW_MS) / WINDOW_MS));
    return { left: Math.floor(this.quota - used), resetSeconds: Math.ceil((WINDOW_MS - (now % WINDOW_MS)) / 1000) };
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
