import { Caller } from '../access/caller.js';
import { loadConfig } from '../config/config.js';
import { HEAP_LIMIT } from '../runtime/heap.js';
import { HeldBytes } from './held-bytes.js';

const held = (auth: string) =>
  new HeldBytes(loadConfig({ AUTH: auth, HELD_PERCENT: '10', HELD_PERCENT_PER_CALLER: '4' }));
const percent = (share: number) => Math.floor((HEAP_LIMIT * share) / 100);
const [one, other, third] = ['one', 'other', 'third'].map((id) => new Caller(id, []));

describe('what is held in memory for callers', () => {
  it('is refused to one who has their part, and to nobody else', () => {
    const bytes = held('keys');
    bytes.check(one!, percent(100));
    bytes.add(one!, percent(3));
    expect(() => bytes.check(one!, percent(2))).toThrow(/A caller may have \d+ MiB/);
    bytes.check(one!, percent(0.5));
    bytes.add(one!, percent(2));
    expect(() => bytes.check(one!)).toThrow(expect.objectContaining({ code: 'rate-limited' }) as Error);
    bytes.check(other!, percent(1));
    bytes.remove(one!, percent(3));
    bytes.remove(one!, percent(2));
    bytes.check(one!, percent(3));
    expect(bytes.total).toBe(0);
  });

  it('is bounded for all together, and what needs none of it goes on', () => {
    const bytes = held('keys');
    for (const caller of [one!, other!, third!]) bytes.add(caller, percent(3.5));
    expect(() => bytes.check(third!, 1)).toThrow(expect.objectContaining({ code: 'overloaded' }) as Error);
    bytes.check(third!);
  });

  it('is for all together only where nobody is known', () => {
    const bytes = held('off');
    bytes.add(one!, percent(6));
    bytes.check(one!, percent(3));
    expect(() => bytes.check(one!, percent(5))).toThrow(expect.objectContaining({ code: 'overloaded' }) as Error);
  });
});
