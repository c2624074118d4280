import { BusyPoll } from './busy-poll.js';

describe('busy polling', () => {
  let immediates: (() => void)[];
  let now: number;
  beforeEach(() => {
    immediates = [];
    now = 1_000;
    import.meta.jest
      .spyOn(globalThis, 'setImmediate')
      .mockImplementation(((turn: () => void) => immediates.push(turn)) as never);
    import.meta.jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => void import.meta.jest.restoreAllMocks());

  /** Turns the event loop as often as it would go on by itself. @returns how often, up to 100 */
  function turns(msEach: number): number {
    let turned = 0;
    for (let turn; turned < 100 && (turn = immediates.shift()); turned++) {
      now += msEach;
      turn();
    }
    return turned;
  }

  it('lasts as long as it may, and no longer than the read', () => {
    const poll = new BusyPoll(0.15);
    poll.begin();
    expect(turns(0.02)).toBe(8);
    poll.end();
    const other = new BusyPoll(0.15);
    other.begin();
    now += 0.05;
    other.end();
    expect(turns(0.02)).toBe(1);
  });

  it('is not for a database whose last answer took longer, until one comes soon again', () => {
    const poll = new BusyPoll(0.15);
    poll.begin();
    turns(0.05);
    now += 0.3;
    poll.end();
    poll.begin();
    expect(turns(0.01)).toBe(0);
    now += 0.1;
    poll.end();
    poll.begin();
    expect(turns(0.01)).toBeGreaterThan(1);
  });

  it('ends when others are under way as well', () => {
    const poll = new BusyPoll(0.15);
    poll.begin();
    poll.begin();
    expect(turns(0.01)).toBe(1);
    poll.end();
    poll.end();
    poll.begin();
    expect(immediates).toHaveLength(1);
  });

  it('goes on for many where it is meant to, after each as long as it may', () => {
    const poll = new BusyPoll(0.15, true);
    poll.begin();
    poll.begin();
    expect(turns(0.02)).toBe(8);
    poll.begin();
    expect(turns(0.02)).toBe(8);
    poll.end();
    // The last answer took longer than that.
    poll.begin();
    expect(turns(0.02)).toBe(0);
    for (let left = 3; left > 0; left--) poll.end();
    poll.begin();
    poll.end();
    expect(turns(0.02)).toBe(1);
  });

  it('is never where it is switched off', () => {
    const poll = new BusyPoll(0);
    poll.begin();
    expect(immediates).toHaveLength(0);
  });
});
