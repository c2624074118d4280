import { KeyVerifier } from '../src/access/keys/key-verifier.js';
import { startGuarded } from './support/access.js';
import { problemOf } from '../src/testing/client.js';
import { serverKinds, ThrowAwayServer } from '../src/testing/mariadb.js';

describe.each(serverKinds())('while %s is away', (kind) => {
  let server: ThrowAwayServer;
  let test: Awaited<ReturnType<typeof startGuarded>>;

  beforeAll(async () => {
    server = await ThrowAwayServer.start(kind);
    test = await startGuarded(kind, { server: server.url });
  }, 60_000);
  afterAll(async () => {
    await test?.close().catch(() => undefined);
    await server?.stop();
  });

  it('metrics are for those who could read them at the last look, and nothing else is', async () => {
    const scraper = test.admin.as(await test.keyFor('metrics:scrape'));
    const reader = test.admin.as(await test.keyFor('resource:read'));
    const unseen = test.admin.as(await test.keyFor('metrics:scrape'));
    expect((await scraper.get('/metrics')).status).toBe(200);
    expect((await reader.get('/api/resource')).status).toBe(200);
    await server.signal('SIGKILL');
    // As after the ten seconds for which a key is remembered.
    test.app.get(KeyVerifier).changed();
    expect((await scraper.get('/metrics')).status).toBe(200);
    problemOf(await scraper.get('/api/resource'), 503, 'database-unavailable');
    problemOf(await reader.get('/metrics'), 403, 'forbidden');
    problemOf(await unseen.get('/metrics'), 503, 'database-unavailable');
    await server.resume();
  }, 60_000);
});
