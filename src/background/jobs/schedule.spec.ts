import { scheduleOf, type ScheduleOptions } from './schedule.js';

const at = (text: string) => Date.parse(text);
const refuse = (options: object) => () => scheduleOf(options as ScheduleOptions, "The job 'x' (X.y())");

describe('the schedule of a job', () => {
  it('keeps its rhythm: what is late is one run, and the next one is where it would have been', () => {
    const { next } = scheduleOf({ every: '1h' }, 'x');
    const now = at('2026-03-29T10:20:00Z');
    expect(next(now)).toBe(now + 3_600_000);
    const due = at('2026-03-29T10:00:00Z');
    expect(next(at('2026-03-29T10:00:01Z'), due)).toBe(at('2026-03-29T11:00:00Z'));
    expect(next(at('2026-03-29T14:30:00Z'), due)).toBe(at('2026-03-29T15:00:00Z'));
    // The clock was set back.
    expect(next(at('2026-03-29T09:00:00Z'), due)).toBe(at('2026-03-29T11:00:00Z'));
  });

  it('goes by the clock of its time zone, through summer time', () => {
    const { next } = scheduleOf({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, 'x');
    expect(next(at('2026-03-27T12:00:00Z'))).toBe(at('2026-03-28T01:30:00Z'));
    // There is no 02:30 on that day, and two of them on the other one.
    expect(next(at('2026-03-28T12:00:00Z'))).toBe(at('2026-03-29T01:00:00Z'));
    expect(next(at('2026-10-24T12:00:00Z'))).toBe(at('2026-10-25T00:30:00Z'));
    expect(next(at('2026-10-25T00:30:00Z'))).toBe(at('2026-10-26T01:30:00Z'));
  });

  it('is in UTC unless it says otherwise', () => {
    expect(scheduleOf({ cron: '0 3 * * MON' }, 'x').next(at('2026-11-28T12:00:00Z'))).toBe(at('2026-11-30T03:00:00Z'));
    expect(scheduleOf({ cron: '@daily' }, 'x').next(at('2026-11-28T12:00:00Z'))).toBe(at('2026-11-29T00:00:00Z'));
    expect(scheduleOf({ cron: '*/10 * * * * *' }, 'x').next(at('2026-11-28T12:00:01Z'))).toBe(
      at('2026-11-28T12:00:10Z'),
    );
  });

  it('is refused by name where it can not work', () => {
    expect(refuse({})).toThrow("The job 'x' (X.y()) needs either 'every' or 'cron'.");
    expect(refuse({ every: '1h', cron: '* * * * *' })).toThrow(/either/);
    expect(refuse({ every: '500ms' })).toThrow(/at most once a second/);
    expect(refuse({ every: 'hourly' })).toThrow(/'every' of The job 'x' .* must be a whole number/);
    expect(refuse({ every: '1h', timeZone: 'UTC' })).toThrow(/only 'cron' has a time zone/);
    for (const cron of ['61 * * * *', 'often', '2026-11-28T00:00:00', '* * * *', '@reboot', '* * * * * * 2020', ''])
      expect(refuse({ cron })).toThrow(/has a bad schedule/);
    expect(refuse({ cron: '0 0 30 2 *' })).toThrow(/never comes/);
    expect(refuse({ cron: '* * * * *', timeZone: 'Europe/Nowhere' })).toThrow(/bad schedule, .* in Europe\/Nowhere/);
  });
});
