import { setTimeout as sleep } from 'node:timers/promises';
import { serverKinds } from '../support/mariadb.js';
import type { Service } from '../support/service.js';
import { Place } from './support/place.js';
import { IN_FULL, underLoad, type Setting } from './support/under-load.js';

/** A second until a statement counts as silent, one and a half for the look at the server, and what a busy machine needs. */
const NOTICED_MS = 5_000;
const PAUSE_MS = IN_FULL ? 30_000 : 5_000;
const AWAY = { withinMs: NOTICED_MS, readiness: [200, 503, 200] };

describe.each(serverKinds())('callers of a service, when %s', (kind) => {
  let place: Place;
  let service: Service;
  let setting: Setting;
  beforeAll(async () => {
    place = await Place.make(kind);
    await place.server.signal('SIGKILL');
    service = await place.service();
    setting = { place, replicas: [service] };
  }, 60_000);

  it('is down at the start: get 503 at once, and are served as soon as it is up', async () => {
    await service.until('/health/live');
    for (const probe of ['ready', 'startup'])
      expect((await fetch(`${service.origin}/health/${probe}`)).status).toBe(503);
    const begun = performance.now();
    const answer = await fetch(`${service.origin}/api/resource`);
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'database-unavailable' });
    await place.server.resume();
    await service.until('/health/ready');
    expect((await fetch(`${service.origin}/api/resource`)).status).toBe(200);
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
});
