import { ChangePruner } from '../../src/changes/change.pruner.js';
import { IdempotencyPruner } from '../../src/crud/idempotency/idempotency.pruner.js';
import { startApp } from '../support/app.js';
import { Client } from '../../src/testing/client.js';
import { engines } from '../../src/testing/database.js';
import { serverKinds } from '../../src/testing/mariadb.js';
import { SseReader } from '../../src/testing/sse.js';
import { Place } from './support/place.js';
import { underLoad } from './support/under-load.js';

const DAY_MS = 86_400_000;

describe.each(serverKinds())('callers of two replicas on %s, of which one', (kind) => {
  let place: Place;
  beforeAll(async () => void (place = await Place.make(kind)), 60_000);

  it.each([3, -3])(
    'is %d days off: see times that are wrong, and nothing else',
    async (days) => {
      const env = { CLOCK_OFF_MS: String(days * DAY_MS) };
      const replicas = [await place.service(), await place.service(env, ['--import', './test/support/clock.mjs'])];
      await underLoad({ place, replicas }, { codes: [], withinMs: 8_000 }, async (load) => {
        await load.acknowledges(50);
        const [right, wrong] = replicas.map(({ origin }) => origin) as [string, string];
        const before = await SseReader.open(`${right}/api/resource:watch`);
        await before.until(({ events }) => events.length > 0);
        before.close();
        await new Client(wrong).post('/api/resource', { id: `off-${days}`, name: 'off' });
        const after = await SseReader.open(`${wrong}/api/resource:watch`, { 'last-event-id': before.lastEventId! });
        await after.until(({ changes }) => changes.some(({ data }) => data.subject === `off-${days}`));
        after.close();
      });
      await Promise.all(replicas.map((replica) => replica.kill()));
    },
    60_000,
  );
});

describe.each(engines())('what is kept for a time on %s', (engine) => {
  const now = Date.now;
  afterEach(() => void (Date.now = now));

  it('is not removed by a replica whose clock is years ahead', async () => {
    const test = await startApp(engine);
    const client = new Client(test.origin);
    const key = { 'idempotency-key': 'kept' };
    const first = await client.post('/api/resource', { name: 'kept' }, key);
    Date.now = () => now() + 400 * DAY_MS;
    await test.app.get(IdempotencyPruner).run();
    await test.app.get(ChangePruner).run();
    Date.now = now;
    const second = await client.post('/api/resource', { name: 'kept' }, key);
    expect(second.headers['idempotency-replayed']).toBe('true');
    const { id } = (first.body as { data: { id: string } }).data;
    const history = await client.get(`/api/resource/${id}:history`);
    expect((history.body as { data: unknown[] }).data).toHaveLength(1);
    await test.close();
  });
});
