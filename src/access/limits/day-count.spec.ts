import { DayCount, secondsLeftOfDay } from './day-count.js';

const DAY = 86_400_000;
const at = (days: number) => 20_000 * DAY + days * DAY;

describe('a day', () => {
  it('is spent when its quota is taken, for this key alone, and begins anew at midnight', () => {
    const count = new DayCount(10);
    count.take('a', 9, at(0));
    expect(count.isSpent('a', at(0.5))).toBe(false);
    count.take('a', 1, at(0.5));
    expect(count.isSpent('a', at(0.999))).toBe(true);
    expect(count.isSpent('b', at(0.999))).toBe(false);
    expect(count.isSpent('a', at(1))).toBe(false);
    expect(secondsLeftOfDay(at(0.75))).toBe(21_600);
  });

  it('gets back what was not stored, unless it is over', () => {
    const count = new DayCount(10);
    count.take('a', 10, at(0));
    count.giveBack('a', 1, at(0), at(0.5));
    expect(count.isSpent('a', at(0.5))).toBe(false);
    count.take('a', 10, at(1));
    count.giveBack('a', 9, at(0.5), at(1));
    expect(count.isSpent('a', at(1))).toBe(true);
  });

  it('counts what others have counted, and tells whole units alone', () => {
    const count = new DayCount(10_240, 1_024);
    count.take('a', 1_000, at(0));
    expect(count.untold(at(0))).toEqual([]);
    count.take('a', 1_100, at(0));
    const [untold] = count.untold(at(0));
    const minute = 20_001 * 1_440 - 1;
    expect(untold).toMatchObject({ key: 'a', minute });
    untold!.tally.told += 2;
    count.hear('a', minute - 1_440, 100);
    expect(count.isSpent('a', at(0))).toBe(false);
    count.hear('a', minute, 10);
    expect(count.isSpent('a', at(0))).toBe(true);
  });
});
