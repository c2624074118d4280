import { ready } from '../../support/ready.js';
import type { Service } from '../../support/service.js';
import { Load } from './load.js';
import type { Place } from './place.js';
import { Probes } from './probes.js';

/** The suites of faults in full, as `npm run test:faults` has them; without it a share of a few minutes. */
export const IN_FULL = process.env.FAULTS === 'all';

/** What callers may see of a fault, and nothing else. */
export interface Promised {
  /** Codes of problems. */
  readonly codes: readonly string[];
  /** For any answer, from its request on. */
  readonly withinMs: number;
  /** Each change of readiness, of each replica: by default it stays; `any` has to end well. */
  readonly readiness?: readonly number[] | 'any';
  /** From the end of the fault until all is well again. */
  readonly recoversInMs?: number;
}

export interface Setting {
  readonly place: Place;
  readonly replicas: readonly Service[];
  /** Sent with each request. */
  readonly headers?: Record<string, string>;
}

/**
 * Callers write and read before a fault, through it and after it. Whatever it is: nothing that was acknowledged is lost,
 * nothing is done twice or after it was refused, 503 says when to come again, liveness never fails, and the same process
 * serves again when the fault is over.
 */
export async function underLoad(
  { place, replicas, headers }: Setting,
  { codes, withinMs, readiness = [200], recoversInMs = 10_000 }: Promised,
  fault: (load: Load) => Promise<void>,
): Promise<Load> {
  await Promise.all(replicas.map(ready));
  const load = new Load(() => replicas.map(({ origin }) => origin), headers);
  await load.begin();
  const probes = replicas.map(({ origin }) => new Probes(origin));
  try {
    await load.acknowledges(50);
    load.answers.length = 0;
    await fault(load);
    await load.acknowledges(50, recoversInMs);
    await Promise.all(replicas.map(ready));
  } finally {
    await load.end();
    await Promise.all(probes.map((one) => one.end()));
  }
  expect(load.journal.faultsIn(await place.stored())).toEqual([]);
  const { answers } = load;
  expect([...codes, 'ok']).toEqual(expect.arrayContaining([...new Set(answers.map(({ code }) => code))]));
  expect(answers.filter(({ status, retryAfter }) => status === 503 && retryAfter === null)).toEqual([]);
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(withinMs);
  for (const probe of probes) {
    expect(probe.failures).toEqual([]);
    expect(readiness === 'any' ? probe.readiness.slice(-1) : probe.readiness).toEqual(
      readiness === 'any' ? [200] : readiness,
    );
  }
  return load;
}
