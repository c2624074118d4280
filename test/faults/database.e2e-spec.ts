import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import { serverKinds } from '../../src/testing/mariadb.js';
import type { Service } from '../support/service.js';
import { Place } from './support/place.js';
import { IN_FULL, underLoad, type Setting } from './support/under-load.js';

/** A second until a statement counts as silent, one and a half for the look at the server, and what a busy machine needs. */
const NOTICED_MS = 8_000;
const PAUSE_MS = IN_FULL ? 30_000 : 5_000;
const AWAY = { withinMs: NOTICED_MS, readiness: [200, 503, 200] };

describe.each(serverKinds())('callers of a service, when %s', (kind) => {
  let place: Place;
  let service: Service;
  let setting: Setting;
  beforeAll(async () => {
    place = await Place.make(kind);
    service = await place.service();
    setting = { place, replicas: [service] };
  }, 60_000);

  it('is down at the start: get 503 at once, and are served as soon as it is up', async () => {
    await place.server.signal('SIGKILL');
    const starting = await place.service();
    const ask = (path: string) => fetch(`${starting.origin}${path}`);
    try {
      await starting.until('/health/live', 200, 30_000);
      for (const probe of ['ready', 'startup']) expect((await ask(`/health/${probe}`)).status).toBe(503);
      const begun = performance.now();
      const answer = await ask('/api/resource');
      expect(performance.now() - begun).toBeLessThan(1_000);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ code: 'database-unavailable' });
    } finally {
      await place.server.resume();
    }
    await starting.until('/health/ready');
    expect((await ask('/api/resource')).status).toBe(200);
    await starting.kill();
  }, 60_000);

  it('is killed: get 503, or hear of a write that nobody knows what became of it', async () => {
    const codes = ['commit-outcome-unknown', 'database-unavailable'];
    await underLoad(setting, { ...AWAY, codes }, async () => {
      await place.server.signal('SIGKILL');
      await service.until('/health/ready', 503);
      await sleep(1_000);
      await place.server.resume();
    });
  }, 60_000);

  it(`is paused for ${PAUSE_MS / 1_000} s: wait a few seconds once, and then get 503 at once`, async () => {
    const codes = ['commit-outcome-unknown', 'database-busy', 'database-unavailable'];
    await underLoad(setting, { ...AWAY, codes }, async (load) => {
      await place.server.signal('SIGSTOP');
      await service.until('/health/ready', 503);
      const from = load.answers.length;
      await sleep(PAUSE_MS);
      expect(load.answers.length).toBeGreaterThan(from + 50);
      await place.server.signal('SIGCONT');
    });
  }, 90_000);

  it('takes no changes: read on, and get 503 for writes', async () => {
    // The latter for what is under way when it takes changes again: the service connects anew.
    const codes = ['read-only', 'commit-outcome-unknown'];
    await underLoad(setting, { withinMs: NOTICED_MS, codes }, async (load) => {
      await place.query('SET GLOBAL read_only = 1');
      try {
        await until(async () => (await healthOf(service)).state === 'read-only');
        const from = load.answers.length;
        await sleep(2_500);
        expect(load.codes(from)).toEqual(['ok', 'read-only']);
        expect(load.answers.slice(from).filter(({ status, method }) => status !== 200 && method === 'GET')).toEqual([]);
      } finally {
        await place.query('SET GLOBAL read_only = 0');
      }
    });
    await until(async () => !('state' in (await healthOf(service))));
  }, 60_000);

  it('has no more connections: get 503 from a service that has lost its own, and wait for nothing', async () => {
    const codes = ['commit-outcome-unknown', 'database-busy', 'database-unavailable'];
    await underLoad(setting, { ...AWAY, codes }, async (load) => {
      await place.query('SET GLOBAL max_connections = 12');
      const others: Connection[] = [];
      try {
        // Somebody else is quicker, each time that one of the service's own ends.
        while (others.length < 12) {
          place.proxy.reset();
          await place.connect().then(
            (one) => others.push(one),
            () => undefined,
          );
        }
        await service.until('/health/ready', 503);
        const from = load.answers.length;
        await sleep(2_000);
        expect(load.codes(from)).toEqual(['database-busy']);
      } finally {
        for (const one of others) await one.end();
        await place.query('SET GLOBAL max_connections = 400');
      }
    });
  }, 60_000);

  it('has rows that others lock: get 503 for these within six seconds, and all else', async () => {
    const codes = ['database-busy'];
    await underLoad(setting, { withinMs: 8_000, codes }, async (load) => {
      const other = await place.connect();
      await other.query('BEGIN');
      await other.query('SELECT id FROM plinth.resource FOR UPDATE');
      await sleep(7_000);
      await other.end();
      expect(load.codes()).toEqual(['database-busy', 'ok']);
    });
  }, 60_000);
});

interface Told {
  readonly status: string;
  readonly state?: string;
}

async function healthOf({ origin }: Service): Promise<Told> {
  const answer = await fetch(`${origin}/health/ready`);
  return ((await answer.json()) as { details: { database: Told } }).details.database;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await condition()); await sleep(50))
    if (Date.now() > end) throw new Error(`It did not become so: ${String(condition)}`);
}
