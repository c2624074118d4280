import { setTimeout as sleep } from 'node:timers/promises';
import { CostlyWork } from './costly-work.js';

const LIMITS = { atOnce: 3, perCaller: 2, waiting: 4, waitMs: 10_000 };

/** Work that ends when it is told to, in the order in which it began. */
class Works {
  readonly begun: string[] = [];
  private readonly ends: (() => void)[] = [];

  constructor(private readonly costly: CostlyWork) {}

  ask(caller: string, name = caller, hasBegun = false): Promise<string> {
    return this.costly.run({ caller, hasBegun }, () => {
      this.begun.push(name);
      return new Promise((resolve) => this.ends.push(() => resolve(name)));
    });
  }

  async end(): Promise<void> {
    this.ends.shift()!();
    await sleep(0);
  }
}

describe('CostlyWork', () => {
  it('gives a caller their share and no more, and the rest to others', async () => {
    const costly = new CostlyWork(LIMITS);
    const works = new Works(costly);
    const all = ['a1', 'a2', 'a3'].map((name) => works.ask('a', name));
    all.push(works.ask('b'));
    expect(works.begun).toEqual(['a1', 'a2', 'b']);
    expect(costly.usage).toEqual({ used: 3, waiting: 1 });
    for (let n = 0; n < 4; n++) await works.end();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b']);
    expect(costly.usage).toEqual({ used: 0, waiting: 0 });
  });

  it('lets callers in by turns, however much one of them has waiting', async () => {
    const works = new Works(new CostlyWork({ ...LIMITS, atOnce: 1, perCaller: 1, waiting: 10 }));
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => works.ask('a', name));
    all.push(works.ask('b', 'b1'), works.ask('b', 'b2'), works.ask('c', 'c1'));
    for (let n = 0; n < 7; n++) await works.end();
    await Promise.all(all);
    expect(works.begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  it('goes on after work that failed', async () => {
    const costly = new CostlyWork({ ...LIMITS, atOnce: 1, perCaller: 1 });
    const failing = costly.run({ caller: 'a' }, () => Promise.reject(new Error('no')));
    const next = costly.run({ caller: 'a' }, () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(costly.usage).toEqual({ used: 0, waiting: 0 });
  });

  it('refuses whoever waits too long: for their own share 429, for that of all 503', async () => {
    const works = new Works(new CostlyWork({ ...LIMITS, waitMs: 20 }));
    const running = [works.ask('a'), works.ask('a'), works.ask('b')];
    await expect(works.ask('a')).rejects.toMatchObject({
      code: 'rate-limited',
      headers: { 'retry-after': '1' },
      log: { limit: 'costly' },
    });
    await expect(works.ask('c')).rejects.toMatchObject({ code: 'database-busy', headers: { 'retry-after': '1' } });
    for (let n = 0; n < 3; n++) await works.end();
    await Promise.all(running);
  });

  it('refuses of too many who wait the latest of whoever has the most of them', async () => {
    const works = new Works(new CostlyWork(LIMITS));
    const all = [works.ask('a'), works.ask('a'), works.ask('b')];
    const [first, second, third, fourth] = ['a1', 'a2', 'a3', 'a4'].map((name) => works.ask('a', name));
    const other = works.ask('b', 'b1');
    await expect(fourth).rejects.toMatchObject({ code: 'rate-limited' });
    const another = works.ask('c', 'c1');
    await expect(third).rejects.toMatchObject({ code: 'rate-limited' });
    for (let n = 0; n < 7; n++) await works.end();
    expect(await Promise.all([...all, first, second, other, another])).toContain('c1');
  });

  it('never refuses more of an answer that has begun', async () => {
    const works = new Works(new CostlyWork({ ...LIMITS, atOnce: 1, perCaller: 1, waiting: 1, waitMs: 20 }));
    const running = works.ask('a');
    const going = works.ask('a', 'more', true);
    const refused = works.ask('a', 'new');
    await expect(refused).rejects.toMatchObject({ code: 'rate-limited' });
    await sleep(40);
    await works.end();
    await works.end();
    expect(await Promise.all([running, going])).toEqual(['a', 'more']);
  });
});
