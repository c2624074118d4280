import { networkOf } from './network.js';
import { SlidingCount } from './sliding-count.js';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['2001:db8::1', '2001:db8:0:0'],
  ])('%s is %s', (address, network) => expect(networkOf(address)).toBe(network));
});

describe('a sliding minute', () => {
  const MINUTE = 60_000;
  const at = (minutes: number) => 1_000 * MINUTE + minutes * MINUTE;

  it('lets through as many as the quota, and again as they grow old', () => {
    const count = new SlidingCount(10);
    const through = (now: number, tries: number) =>
      Array.from({ length: tries }, () => count.take('a', now)).filter(({ left }) => left >= 0).length;
    expect(through(at(0.9), 20)).toBe(10);
    // No second quota where the next minute begins: nine tenths of the last one are still within sixty seconds.
    expect(through(at(1), 20)).toBe(0);
    expect(through(at(1.5), 20)).toBe(5);
    expect(through(at(3), 20)).toBe(10);
  });

  it('does not mix keys, and counts what others have counted', () => {
    const count = new SlidingCount(10);
    count.take('a', at(0));
    count.hear('a', 1_000, 8);
    expect(count.look('a', at(0)).left).toBe(1);
    expect(count.look('b', at(0)).left).toBe(10);
    expect(count.take('a', at(0))).toEqual({ left: 0, resetSeconds: 60 });
    expect(count.take('a', at(0.5))).toEqual({ left: -1, resetSeconds: 37 });
  });

  it('says when the next one gets in: not before that, and not much after', () => {
    /** A count whose quota is used up at each of these times, as far as it then can be. */
    const full = (quota: number, times: readonly number[]) => {
      const count = new SlidingCount(quota);
      for (const time of times) while (count.take('a', time).left >= 0);
      return count;
    };
    for (const quota of [1, 5, 6, 7, 30, 6_000]) {
      for (const times of [[at(0)], [at(0.25)], [at(0.999)], [at(0.5), at(1)], [at(0.5), at(1.25)], [at(0), at(1.9)]]) {
        const now = times.at(-1)!;
        const { resetSeconds } = full(quota, times).take('a', now);
        const leftAfter = (seconds: number) => full(quota, times).look('a', now + seconds * 1000).left;
        expect({ quota, times, left: leftAfter(resetSeconds) > 0 }).toMatchObject({ left: true });
        expect({ quota, times, left: resetSeconds > 2 && leftAfter(resetSeconds - 2) > 0 }).toMatchObject({
          left: false,
        });
      }
    }
  });

  it('forgets the oldest of very many keys, and stays as small as it is', () => {
    const count = new SlidingCount(10);
    for (let n = 0; n < 100_050; n++) count.take(String(n), at(0));
    expect(count.untold(at(0)).length).toBe(100_000);
    expect(count.look('0', at(0)).left).toBe(10);
    expect(count.look('100049', at(0)).left).toBe(9);
  });

  it('tells of what was counted since it told, and of nothing else', () => {
    const count = new SlidingCount(10);
    const tell = (now: number) =>
      count.untold(now).map(({ key, minute, tally }) => {
        const requests = tally.here - tally.told;
        tally.told = tally.here;
        return [key, minute, requests];
      });
    count.take('a', at(0));
    count.take('a', at(0));
    count.take('b', at(0));
    count.look('c', at(0));
    expect(tell(at(0))).toEqual([
      ['a', 1_000, 2],
      ['b', 1_000, 1],
    ]);
    expect(tell(at(0.1))).toEqual([]);
    count.take('b', at(0.99));
    count.take('b', at(1));
    // Requests that were counted just before the minute ended are told as well, and as of that minute.
    expect(tell(at(1))).toEqual([
      ['b', 1_000, 1],
      ['b', 1_001, 1],
    ]);
    for (let n = 0; n < 20; n++) count.take('b', at(1));
    expect(tell(at(1))).toEqual([['b', 1_001, 7]]);
    count.take('b', at(1));
    expect(tell(at(1.1))).toEqual([]);
  });

  it('hears of the minute before, though nobody came here then', () => {
    const count = new SlidingCount(10);
    count.take('a', at(1));
    expect(count.look('a', at(1)).left).toBe(9);
    count.hear('a', 1_000, 8);
    expect(count.look('a', at(1)).left).toBe(1);
    expect(count.look('a', at(1.5)).left).toBe(5);
  });

  it('hears nothing of keys that it does not count, and so does not grow by them', () => {
    const count = new SlidingCount(10);
    count.take('a', at(1));
    for (const minute of [999, 1_000, 1_001]) count.hear('b', minute, 9);
    expect(count.look('b', at(1)).left).toBe(10);
  });
});
