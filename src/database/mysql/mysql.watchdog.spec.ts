import { Watchdog } from './mysql.watchdog.js';

describe('the watchdog', () => {
  beforeEach(() => void import.meta.jest.useFakeTimers());
  afterEach(() => void import.meta.jest.useRealTimers());

  function watching(names: string[]) {
    const told: string[] = [];
    let silences = 0;
    const watchdog = new Watchdog(() => silences++, 5_000);
    const watched = Object.fromEntries(names.map((name) => [name, watchdog.watch(() => told.push(name))] as const));
    return { watched, told, silences: () => silences };
  }

  it('tells what is under way that it is overdue, once, and nothing that has stopped', () => {
    const { watched, told } = watching(['first', 'stopped', 'middle', 'last']);
    expect([watched.stopped!.stop(), watched.stopped!.stop()]).toEqual([true, false]);
    import.meta.jest.advanceTimersByTime(5_000);
    expect(told).toEqual([]);
    import.meta.jest.advanceTimersByTime(200);
    expect(told.sort()).toEqual(['first', 'last', 'middle']);
    import.meta.jest.advanceTimersByTime(10_000);
    expect(told).toHaveLength(3);
  });

  it('still knows each of many that come and go', () => {
    const names = Array.from({ length: 50 }, (_, n) => `n${n}`);
    const { watched, told } = watching(names);
    const left = names.filter((name, n) => {
      if (n % 3 === 0) watched[name]!.stop();
      return n % 3 !== 0;
    });
    import.meta.jest.advanceTimersByTime(6_000);
    expect(told.sort()).toEqual(left.sort());
  });

  it('asks after a second of silence, and gives all of the time again with each answer', () => {
    const { watched, told, silences } = watching(['slow']);
    import.meta.jest.advanceTimersByTime(900);
    expect(silences()).toBe(0);
    watched.slow!.answered();
    import.meta.jest.advanceTimersByTime(900);
    expect(silences()).toBe(0);
    import.meta.jest.advanceTimersByTime(200);
    expect(silences()).toBe(1);
    import.meta.jest.advanceTimersByTime(4_500);
    expect(told).toEqual(['slow']);
  });
});
