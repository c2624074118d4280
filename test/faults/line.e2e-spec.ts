import { setTimeout as sleep } from 'node:timers/promises';
import { serverKinds } from '../../src/testing/mariadb.js';
import type { Service } from '../support/service.js';
import { closedAfterwards, Place } from './support/place.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { IN_FULL, underLoad, type Setting } from './support/under-load.js';

const FOR_MS = IN_FULL ? 10_000 : 3_000;
const NOTICED_MS = 8_000;
const LOST = ['commit-outcome-unknown', 'database-unavailable'];

describe.each(serverKinds())('callers of a service, when its line to %s', (kind) => {
  let place: Place;
  let service: Service;
  let setting: Setting;
  beforeAll(async () => {
    place = await Place.make(kind);
    service = await place.service();
    setting = { place, replicas: [service] };
  }, 60_000);

  it('is slow: wait longer, and see nothing else', async () => {
    await underLoad(setting, { codes: [], withinMs: NOTICED_MS }, async () => {
      place.proxy.delayMs = 100;
      await sleep(FOR_MS);
      place.proxy.heal();
    });
  }, 60_000);

  it('is so slow that a look at the database takes too long: get 503', async () => {
    const codes = [...LOST, 'database-busy'];
    await underLoad(setting, { codes, withinMs: NOTICED_MS, readiness: [200, 503, 200] }, async () => {
      place.proxy.delayMs = 2_000;
      await service.until('/health/ready', 503);
      await sleep(FOR_MS);
      place.proxy.heal();
    });
  }, 60_000);

  it('is a black hole: wait a few seconds once, and then get 503 at once', async () => {
    const codes = [...LOST, 'database-busy'];
    await underLoad(setting, { codes, withinMs: NOTICED_MS, readiness: [200, 503, 200] }, async () => {
      place.proxy.isSilent = true;
      await service.until('/health/ready', 503);
      await sleep(FOR_MS);
      place.proxy.heal();
    });
  }, 60_000);

  it('is reset again and again: get 503 sometimes, and are served in between', async () => {
    await underLoad(setting, { codes: LOST, withinMs: NOTICED_MS, readiness: 'any' }, async (load) => {
      for (const end = Date.now() + FOR_MS; Date.now() < end; await sleep(200)) place.proxy.reset();
      expect(load.codes()).toContain('ok');
    });
  }, 60_000);

  it.each(['sent', 'answered'] as const)(
    'breaks in the middle of what is %s: get 503 sometimes, and never half of anything',
    async (what) => {
      await underLoad(setting, { codes: LOST, withinMs: NOTICED_MS, readiness: 'any' }, async () => {
        let left = 0;
        const gate = (chunk: Buffer) => (left -= chunk.length) > 0;
        if (what === 'sent') place.proxy.onSent = gate;
        else place.proxy.onAnswer = gate;
        for (const end = Date.now() + FOR_MS; Date.now() < end; await sleep(50))
          if (left <= 0) left = Math.random() * 50_000;
        place.proxy.heal();
      });
    },
    60_000,
  );

  it.each([
    { moment: 'before', what: 'COMMIT is there' },
    { moment: 'after', what: 'COMMIT, before its answer' },
  ])(
    'breaks $moment $what: hear that nobody knows, and get the first answer when they ask again with a key',
    async ({ moment }) => {
      const proxy = closedAfterwards(await TcpProxy.to(place.server.port));
      let isArmed = false;
      const committing = new Set<object>();
      // A packet of MySQL's protocol has its command after four bytes; without the pipeline each statement is one.
      proxy.onSent = (chunk, line) => {
        if (!isArmed || chunk.toString('latin1', 5) !== 'COMMIT') return true;
        isArmed = false;
        committing.add(line);
        return moment === 'after';
      };
      proxy.onAnswer = (_chunk, line) => !committing.has(line);
      const env = { DATABASE_URL: place.url(proxy.port), DATABASE_PIPELINE: 'off', DATABASE_GROUP_WRITES: 'off' };
      const service = await place.service(env);
      const promised = { codes: LOST, withinMs: NOTICED_MS, readiness: 'any' } as const;
      const load = await underLoad({ place, replicas: [service] }, promised, async () => {
        for (const end = Date.now() + FOR_MS; Date.now() < end; await sleep(100)) isArmed = true;
        isArmed = false;
      });
      expect(committing.size).toBeGreaterThan(10);
      expect(load.codes()).toContain('commit-outcome-unknown');
      await service.kill();
    },
    60_000,
  );
});
