import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../src/testing/client.js';
import { engines, freshDatabase, migrateBy, type TestDatabase } from '../src/testing/database.js';
import { Service } from './support/service.js';

/** The folder where the version before was built, as `.ci/upgrade` makes it. */
const before = process.env.PREVIOUS_BUILD;
const servers = engines().filter((engine) => engine !== 'sqlite');
if (before === undefined)
  process.stderr.write('\nNOT RUN: the upgrade from the version before. .ci/upgrade runs it.\n');

(before === undefined || servers.length === 0 ? describe.skip : describe)('the version before, and this one', () => {
  let database: TestDatabase;
  const start = async (main: string) => {
    const service = await Service.spawn({ DATABASE_URL: database.url, DATABASE_MIGRATE: 'never' }, [], main);
    return { service, client: new Client(service.origin) };
  };
  beforeAll(async () => {
    database = await freshDatabase(servers[0]!);
    migrateBy(before!, database.url);
  });
  afterAll(() => database.drop());

  it('serve beside each other as soon as the migrations have run; until then the old one serves alone', async () => {
    const old = await start(join(before!, 'dist/main.js'));
    await old.service.until('/health/ready');
    const made = await old.client.put('/api/resource/old', { name: 'made before' });
    expect(made.status).toBe(201);

    const young = await start('dist/main.js');
    await young.service.until('/health/live');
    // Where this version has migrations of its own it waits for them, and says so.
    const state = await stateOf(young.client);
    expect(['up', 'schema-behind']).toContain(state);
    expect((await young.client.get('/health/ready')).status).toBe(state === 'up' ? 200 : 503);
    expect((await old.client.get('/api/resource/old')).status).toBe(200);

    migrateBy('.', database.url);
    await young.service.until('/health/ready');
    const seen = await young.client.get('/api/resource/old');
    expect({ body: seen.body, etag: seen.headers.etag }).toEqual({ body: made.body, etag: made.headers.etag });
    // Each goes on with what the other has done.
    let { etag } = made.headers;
    for (const [n, { client }] of [young, old, young, old].entries()) {
      const changed = await client.patch('/api/resource/old', { name: `n${n}` }, { 'if-match': etag! });
      expect(changed.status).toBe(200);
      etag = changed.headers.etag;
      expect((await client.put(`/api/resource/of-${n}`, { name: 'x' })).status).toBe(201);
    }
    for (const { client } of [young, old]) {
      const { body } = await client.get('/api/resource/old:history');
      expect((body as { data: unknown[] }).data).toHaveLength(5);
      expect((await client.get('/api/resource?count=true')).body).toMatchObject({ page: { total: 5 } });
      expect((await client.get('/health/ready')).status).toBe(200);
    }
    await old.service.kill();
    await young.service.kill();
  }, 60_000);
});

/** The state of the database, when the service has looked at it. */
async function stateOf(client: Client): Promise<string> {
  for (const end = Date.now() + 10_000; ; await sleep(20)) {
    const { body } = await client.get('/health');
    const { database } = (body as { details: { database: { status: string; state?: string } } }).details;
    const state = database.state ?? database.status;
    if (state !== 'starting' || Date.now() > end) return state;
  }
}
