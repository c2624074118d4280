import { entry, totalOf, untoldOf, type SharedCount, type Tally, type Untold } from './tally.js';

const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;

/** Amounts of one day (UTC) for each key. A whole day, and not a sliding one: a process that starts has one sum to learn. */
export class DayCount implements SharedCount {
  private tallies = new Map<string, Tally>();
  private day = 0;

  /** @param unit of amounts that are told: the column of all processes' counts holds two thousand millions */
  constructor(
    private readonly quota: number,
    private readonly unit = 1,
  ) {}

  isSpent(key: string, now = Date.now()): boolean {
    this.turn(now);
    return totalOf(this.tallies.get(key)) * this.unit >= this.quota;
  }

  take(key: string, amount: number, now = Date.now()): void {
    this.turn(now);
    entry(this.tallies, key).here += amount / this.unit;
  }

  /** Gives back an amount that was taken. An amount of a day that is over was forgotten with its day. */
  giveBack(key: string, amount: number, takenAt: number, now = Date.now()): void {
    this.turn(now);
    const tally = this.tallies.get(key);
    if (tally && dayOf(takenAt) === this.day) tally.here -= amount / this.unit;
  }

  untold(now = Date.now()): Untold[] {
    this.turn(now);
    return untoldOf(this.tallies, this.lastMinute);
  }

  hear(key: string, minute: number, total: number): void {
    const tally = this.tallies.get(key);
    if (tally && minute === this.lastMinute) tally.others = total - tally.told;
  }

  private get lastMinute(): number {
    return (this.day + 1) * DAY_MINUTES - 1;
  }

  private turn(now: number): void {
    const day = dayOf(now);
    if (day === this.day) return;
    this.tallies = new Map();
    this.day = day;
  }
}

/** Seconds until the budgets of the next day begin. */
export function secondsLeftOfDay(now = Date.now()): number {
  return Math.ceil((DAY_MS - (now % DAY_MS)) / 1000);
}

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
