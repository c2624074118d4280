import { Cron } from 'croner';
import { durationMs, type Duration } from '../duration.js';

/** Every so often, or at the times of a cron expression in a time zone. */
export type ScheduleOptions =
  | { readonly every: Duration; readonly cron?: never; readonly timeZone?: never }
  | {
      /** Five fields, or six with seconds first; in `timeZone`. */
      readonly cron: string;
      /** By its IANA name; UTC unless it is said. */
      readonly timeZone?: string;
      readonly every?: never;
    };

export interface Schedule {
  /** The same for what is the same schedule. */
  readonly text: string;
  /** In milliseconds since 1970: the first time after `now`. @param due the one before, undefined for the first of all */
  next(now: number, due?: number): number;
}

/** @param who says for the error whose it is. @throws TypeError for one that can't work */
export function scheduleOf({ every, cron, timeZone }: ScheduleOptions, who: string): Schedule {
  if ((every === undefined) === (cron === undefined)) throw new TypeError(`${who} needs either 'every' or 'cron'.`);
  return every === undefined ? byCron(cron, timeZone ?? 'UTC', who) : byInterval(every, who, timeZone);
}

/** A late run leaves the rhythm as it is; what was missed meanwhile is run once. */
function byInterval(every: Duration, who: string, timeZone: string | undefined): Schedule {
  if (timeZone !== undefined) throw new TypeError(`${who} has 'every': only 'cron' has a time zone.`);
  const ms = durationMs(every, `'every' of ${who}`);
  if (ms < 1_000) throw new TypeError(`${who} runs at most once a second.`);
  const next = (now: number, due = now) => due + ms * (Math.floor(Math.max(0, now - due) / ms) + 1);
  return { text: `every ${every}`, next };
}

function byCron(cron: string, timeZone: string, who: string): Schedule {
  const text = `${cron} ${timeZone}`;
  const refuse = (why: string, cause?: unknown): never => {
    throw new TypeError(`${who} has a bad schedule, ${JSON.stringify(cron)} in ${timeZone}: ${why}`, { cause });
  };
  // Croner also takes an instant, which would be run once.
  if (typeof cron !== 'string' || !/^(@[a-z]+|\S+(\s+\S+){4,5})$/.test(cron))
    return refuse('it needs five fields, or six with seconds first.');
  if (text.length > 200) return refuse('it is longer than 200 characters.');
  let times: Cron;
  let first: Date | null;
  try {
    times = new Cron(cron, { timezone: timeZone, mode: '5-or-6-parts', paused: true });
    first = times.nextRun();
  } catch (error) {
    return refuse((error as Error).message, error);
  }
  if (!first) return refuse('it never comes.');
  return { text, next: (now) => times.nextRun(new Date(now))!.getTime() };
}
