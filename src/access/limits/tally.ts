const MOST_KEYS = 100_000;

/** The count of one key in one window. */
export interface Tally {
  /** Counted here. */
  here: number;
  /** The part of it that the other processes know of. */
  told: number;
  /** Counted by other processes, as far as is known. */
  others: number;
}

/** Counts of this process that the others do not know of. */
export interface Untold {
  readonly key: string;
  /** The last one of the window, since 1970. */
  readonly minute: number;
  readonly tally: Tally;
}

/** A count that processes on one database share. */
export interface SharedCount {
  untold(now: number): Untold[];
  /** @param total of a key that was counted here lately, by all processes, as far as they have told */
  hear(key: string, minute: number, total: number): void;
}

export function totalOf(tally: Tally | undefined): number {
  return tally ? tally.here + tally.others : 0;
}

/** Keys are what clients choose, or nearly so: the oldest make room. */
export function entry(tallies: Map<string, Tally>, key: string): Tally {
  let tally = tallies.get(key);
  if (tally) return tally;
  if (tallies.size >= MOST_KEYS) tallies.delete(tallies.keys().next().value!);
  tallies.set(key, (tally = { here: 0, told: 0, others: 0 }));
  return tally;
}

/** Counts of the window that ends with this minute, in whole numbers, as they are told. */
export function untoldOf(tallies: ReadonlyMap<string, Tally>, minute: number): Untold[] {
  const all: Untold[] = [];
  for (const [key, tally] of tallies) if (Math.abs(tally.here - tally.told) >= 1) all.push({ key, minute, tally });
  return all;
}
