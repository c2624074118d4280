import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeyService } from '../src/access/keys/api-key.service.js';
import { KeyVerifier } from '../src/access/keys/key-verifier.js';
import { RateLimitRepository, type Counted } from '../src/access/limits/rate-limit.repository.js';
import { RateLimits } from '../src/access/limits/rate-limits.js';
import { createApp } from '../src/app.setup.js';
import { loadConfig } from '../src/config/config.js';
import { startApp, type TestApp } from './support/app.js';
import { OPERATOR, startGuarded } from './support/access.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines, freshDatabase } from '../src/testing/database.js';
import { Service } from './support/service.js';

/** Away from the end of a minute, where budgets begin anew. */
async function earlyInTheMinute(seconds: number): Promise<void> {
  const left = 60 - ((Date.now() / 1000) % 60);
  if (left < seconds) await sleep(left * 1000 + 50);
}

describe('limits', () => {
  const guarded: TestApp[] = [];
  const start = async (env: Record<string, string>) => {
    const test = await startGuarded('sqlite', { env: { RATE_LIMIT: 'process', ...env } });
    guarded.push(test);
    return test;
  };
  afterAll(() => Promise.all(guarded.map((test) => test.close())));

  it('are told with each answer, and end in 429 for this caller alone', async () => {
    await earlyInTheMinute(10);
    const test = await start({ RATE_LIMIT_CALLER: '5' });
    for (let n = 1; n <= 5; n++) {
      const { status, headers } = await test.admin.get('/api/resource');
      expect({ status, policy: headers['ratelimit-policy'] }).toEqual({ status: 200, policy: '"caller";q=5;w=60' });
      expect(headers.ratelimit).toMatch(new RegExp(`^"caller";r=${5 - n};t=\\d+$`));
    }
    const refused = await test.admin.post('/api/resource', { name: 'x' });
    problemOf(refused, 429, 'rate-limited');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers.ratelimit).toMatch(/^"caller";r=0;t=\d+$/);
    const other = test.admin.as(await test.keyFor('*:*'));
    const { body } = await other.get('/api/resource');
    expect(body).toMatchObject({ data: [] });
    expect((await test.admin.get('/health/ready')).status).toBe(200);
  });

  it('stop whoever tries credentials, but not those who are known', async () => {
    await earlyInTheMinute(10);
    const test = await start({ RATE_LIMIT_FAILURES: '3' });
    await test.admin.get('/api/resource');
    for (let n = 0; n < 3; n++) problemOf(await test.admin.as(`bad${n}`).get('/api/resource'), 401, 'unauthenticated');
    problemOf(await test.admin.as('bad').get('/api/resource'), 429, 'rate-limited');
    problemOf(await test.admin.as(await test.keyFor('*:*')).get('/api/resource'), 429, 'rate-limited');
    expect((await test.admin.get('/api/resource')).status).toBe(200);
  });

  it('let those in who are known, also when they have to be looked at again, and only as long as they hold', async () => {
    await earlyInTheMinute(10);
    const test = await start({ RATE_LIMIT_FAILURES: '3' });
    const keys = test.app.get(ApiKeyService);
    const { id, key } = await keys.create({ name: 'x', scopes: ['resource:read'] }, OPERATOR);
    const caller = test.admin.as(key);
    expect((await caller.get('/api/resource')).status).toBe(200);
    for (let n = 0; n < 3; n++) problemOf(await test.admin.as(`bad${n}`).get('/api/resource'), 401, 'unauthenticated');
    // As after ten seconds: no process remembers a key for longer without a look.
    test.app.get(KeyVerifier).changed();
    expect((await caller.get('/api/resource')).status).toBe(200);
    await keys.revoke(id, OPERATOR);
    problemOf(await caller.get('/api/resource'), 401, 'unauthenticated');
    problemOf(await caller.get('/api/resource'), 429, 'rate-limited');
  });

  it('count an address, whatever X-Forwarded-For says', async () => {
    await earlyInTheMinute(10);
    const test = await start({ RATE_LIMIT_ADDRESS: '4' });
    for (let n = 0; n < 4; n++)
      expect((await test.admin.get('/api/resource', { 'x-forwarded-for': `198.51.100.${n}` })).status).toBe(200);
    const refused = await test.admin.as('anybody').get('/api/resource', { 'x-forwarded-for': '198.51.100.9' });
    problemOf(refused, 429, 'rate-limited');
    expect(refused.headers['ratelimit-policy']).toBe('"address";q=4;w=60');
  });

  it('count what needs no credentials too: pages, and paths with nothing at them; but no probe', async () => {
    await earlyInTheMinute(10);
    const test = await start({ RATE_LIMIT_ADDRESS: '6' });
    const nobody = test.admin.as();
    for (let n = 0; n < 9; n++) expect((await nobody.get('/health/live')).status).toBe(200);
    for (const path of ['/openapi.json', '/docs', '/problems']) expect((await nobody.get(path)).status).toBe(200);
    for (const path of ['/nothing', '/api/nothing']) expect((await nobody.get(path)).status).toBe(404);
    expect((await nobody.send('options', '/api/resource')).status).toBe(204);
    for (const path of ['/openapi.json', '/docs', '/nothing', '/api/resource'])
      problemOf(await nobody.get(path), 429, 'rate-limited');
    expect((await nobody.send('options', '/api/resource')).status).toBe(429);
    expect((await nobody.get('/health/ready')).status).toBe(200);
  });

  it('believe X-Forwarded-For of proxies that are named', async () => {
    await earlyInTheMinute(10);
    const test = await start({ RATE_LIMIT_ADDRESS: '2', TRUST_PROXY: '127.0.0.0/8' });
    for (let n = 0; n < 4; n++)
      expect((await test.admin.get('/api/resource', { 'x-forwarded-for': `198.51.100.${n}` })).status).toBe(200);
    // Words of the client itself in front of the proxy's are not believed.
    const forged = (n: number) => ({ 'x-forwarded-for': `203.0.113.${n}, 198.51.100.77` });
    for (let n = 0; n < 2; n++) expect((await test.admin.get('/api/resource', forged(n))).status).toBe(200);
    problemOf(await test.admin.get('/api/resource', forged(9)), 429, 'rate-limited');
  });

  it.each(engines())(
    'are one budget for all processes on one database: %s',
    async (engine) => {
      await earlyInTheMinute(20);
      const first = await startGuarded(engine, { env: { RATE_LIMIT: 'database', RATE_LIMIT_CALLER: '40' } });
      // More than one statement forgets.
      const old = Array.from({ length: 1_200 }, (_, n) => `('${n}', 1, 1)`).join(', ');
      await first.database.execute(`INSERT INTO \`rate_limit\` (\`id\`, \`minute\`, \`requests\`) VALUES ${old}`);
      const second = await startApp(engine, {
        env: { AUTH: 'keys', RATE_LIMIT: 'database', RATE_LIMIT_CALLER: '40', DATABASE_URL: first.url },
      });
      const key = await first.keyFor('resource:read');
      const clients = [first, second].map(({ origin }) => new Client(origin, key));
      let served = 0;
      for (let n = 0; n < 60; n++) {
        const { status } = await clients[n % 2]!.get('/api/resource');
        if (status === 200) served++;
        await sleep(50);
      }
      await sleep(1_100);
      for (const client of clients) problemOf(await client.get('/api/resource'), 429, 'rate-limited');
      // Alone they would have served 60; what came in half a second may be too much.
      expect(served).toBeGreaterThanOrEqual(40);
      expect(served).toBeLessThanOrEqual(54);
      const rows = await first.database.query('SELECT * FROM `rate_limit`');
      expect(JSON.stringify(rows)).not.toMatch(/key:|127\.0/);
      expect(rows.filter(({ minute }) => minute === 1)).toEqual([]);
      await second.close();
      await first.close();
    },
    60_000,
  );

  it.each(engines())('write nothing for callers who do not come: %s', async (engine) => {
    await earlyInTheMinute(15);
    // Bytes that the test's own keys have stored would be told as well.
    const storage = { STORAGE_BYTES_PER_CALLER: '0', STORAGE_RECORDS_PER_CALLER: '0' };
    const test = await startGuarded(engine, { env: { RATE_LIMIT: 'database', RATE_LIMIT_CALLER: '4', ...storage } });
    guarded.push(test);
    const repository = test.app.get(RateLimitRepository);
    const written: Counted[] = [];
    const add = repository.add.bind(repository);
    repository.add = (counts) => {
      written.push(...counts);
      return add(counts);
    };
    const rows = () => test.database.query('SELECT `id`, `requests` FROM `rate_limit` ORDER BY `id`');
    for (let n = 0; n < 3; n++) await test.admin.get('/api/resource');
    await sleep(1_200);
    // One caller at one address.
    expect(written.reduce((sum, { requests }) => sum + requests, 0)).toBe(6);
    const told = written.length;
    const before = await rows();
    expect(before.map(({ requests }) => requests)).toEqual([3, 3]);
    await sleep(1_200);
    expect(written).toHaveLength(told);
    // Another process has counted on: that is heard as soon as it matters again.
    await test.database.execute('UPDATE `rate_limit` SET `requests` = 7');
    expect((await test.admin.get('/api/resource')).status).toBe(200);
    await sleep(1_200);
    problemOf(await test.admin.get('/api/resource'), 429, 'rate-limited');
    expect((await rows()).map(({ requests }) => requests)).toEqual([8, 8]);
  });

  it.each(engines())(
    'let a caller have so many streams, also when they are all asked for at once: %s',
    async (engine) => {
      const test = await startGuarded(engine, { env: { WATCHERS_PER_CALLER: '2' } });
      const headers = { authorization: `Bearer ${await test.keyFor('resource:read')}` };
      await fetch(`${test.origin}/api/resource`, { headers });
      const ended = new AbortController();
      const open = () => fetch(`${test.origin}/api/resource:watch`, { headers, signal: ended.signal });
      const answers = await Promise.all(Array.from({ length: 8 }, open));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429, 429, 429, 429]);
      ended.abort();
      await test.close();
    },
  );

  it('are off where nobody is asked who they are', async () => {
    const test = await startApp('sqlite', { env: { RATE_LIMIT_CALLER: '1', RATE_LIMIT_ADDRESS: '1' } });
    guarded.push(test);
    for (let n = 0; n < 3; n++) expect((await new Client(test.origin).get('/api/resource')).status).toBe(200);
    expect(test.app.get(RateLimits)).toBeDefined();
  });
});

describe('under pressure', () => {
  it('counts no delay of the start', async () => {
    const { url, drop } = await freshDatabase('sqlite');
    const app = await createApp(loadConfig({ DATABASE_URL: url, PORT: '0', SHED_DELAY_MS: '50' }), []);
    await app.init();
    await sleep(100);
    for (const end = performance.now() + 2_000; performance.now() < end;);
    await app.listen(0, '127.0.0.1');
    const client = new Client((await app.getUrl()).replace('localhost', '127.0.0.1'));
    expect((await client.get('/problems')).status).toBe(200);
    await app.close();
    await drop();
  });

  it('gives the metrics to a good key all the same, and beyond the limits', async () => {
    const env = { SHED_DELAY_MS: '20', RATE_LIMIT: 'process', RATE_LIMIT_CALLER: '1', RATE_LIMIT_ADDRESS: '5' };
    const test = await startGuarded('sqlite', { env });
    const scraper = test.admin.as(await test.keyFor('metrics:scrape'));
    const block = setInterval(() => {
      for (const end = performance.now() + 150; performance.now() < end;);
    }, 160);
    let other = 0;
    for (const end = Date.now() + 5_000; other !== 503 && Date.now() < end;)
      other = (await test.admin.get('/api/resource')).status;
    expect(other).toBe(503);
    // Also one that nobody has looked up yet.
    for (let n = 0; n < 8; n++) expect((await scraper.get('/metrics')).status).toBe(200);
    expect((await test.admin.as('bad').get('/metrics')).status).toBe(401);
    clearInterval(block);
    await sleep(700);
    for (let n = 0; n < 8; n++) other = (await test.admin.get('/api/resource')).status;
    expect(other).toBe(429);
    expect((await scraper.get('/metrics')).status).toBe(200);
    await test.close();
  });

  it('refuses requests with 503, but answers probes', async () => {
    const { url, drop } = await freshDatabase('sqlite');
    // Any heap is more than one percent of its limit… of a process that is only allowed a small one.
    const service = await Service.spawn({
      DATABASE_URL: url,
      SHED_HEAP_PERCENT: '1',
      NODE_OPTIONS: '--max-old-space-size=200',
    });
    await service.until('/health/ready');
    await service.until('/api/resource', 503);
    const answer = await fetch(`${service.origin}/api/resource`);
    expect({ status: answer.status, retry: answer.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });
    expect(await answer.json()).toMatchObject({ code: 'overloaded' });
    expect((await fetch(`${service.origin}/openapi.json`)).status).toBe(503);
    for (const path of ['/health/live', '/health/ready', '/health'])
      expect((await fetch(`${service.origin}${path}`)).status).toBe(200);
    await service.kill();
    await drop();
  });

  it('goes by the delay of the event loop, and comes back', async () => {
    const test = await startApp('sqlite', { env: { SHED_DELAY_MS: '20' } });
    const client = new Client(test.origin);
    const block = setInterval(() => {
      for (const end = performance.now() + 150; performance.now() < end;);
    }, 160);
    const seen = new Set<number>();
    for (const end = Date.now() + 5_000; !seen.has(503) && Date.now() < end;)
      seen.add((await client.get('/api/resource')).status);
    expect(seen).toContain(503);
    expect((await client.get('/health/live')).status).toBe(200);
    clearInterval(block);
    await sleep(700);
    expect((await client.get('/api/resource')).status).toBe(200);
    await test.close();
  });
});

describe('who may come from where', () => {
  it('lets no page of another origin change anything while nobody is asked who they are', async () => {
    const test = await startApp('sqlite', { env: { CORS_ORIGINS: 'https://app.example.org' } });
    const client = new Client(test.origin);
    await client.put('/api/resource/a', { name: 'a' });
    await client.delete('/api/resource/a');
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:8080' },
      { origin: 'https://app.example.org.evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign) {
      problemOf(await client.send('post', '/api/resource/a:restore', { headers }), 403, 'cross-site-request');
      problemOf(await client.delete('/api/resource/a', headers), 403, 'cross-site-request');
      expect((await client.get('/api/resource', headers)).status).toBe(200);
    }
    const own: Record<string, string>[] = [
      { origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' },
      { origin: test.origin, 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      {},
    ];
    for (const headers of own) {
      expect((await client.send('post', '/api/resource/a:restore', { headers })).status).toBe(200);
      await client.delete('/api/resource/a');
    }
    await test.close();
    // A page holds no credentials but its own.
    const guarded = await startGuarded('sqlite');
    const { status } = await guarded.admin.put('/api/resource/a', { name: 'a' }, { origin: 'https://evil.example' });
    expect(status).toBe(201);
    await guarded.close();
  });

  it('lets no page of another origin read, unless it is named', async () => {
    const closed = await startApp('sqlite');
    const { headers } = await new Client(closed.origin).get('/api/resource', { origin: 'https://app.example.org' });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    await closed.close();

    const test = await startApp('sqlite', { env: { CORS_ORIGINS: 'https://app.example.org' } });
    const client = new Client(test.origin);
    const named = await client.get('/api/resource', { origin: 'https://app.example.org' });
    expect(named.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.org',
      vary: 'Accept, Origin',
    });
    expect(named.headers['access-control-expose-headers']).toContain('ETag');
    expect(named.headers).not.toHaveProperty('access-control-allow-credentials');
    const other = await client.get('/api/resource', { origin: 'https://app.example.org.evil.example' });
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
    const preflight = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' };
    const asked = await client.send('options', '/api/resource/x', {
      headers: { origin: 'https://app.example.org', ...preflight },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers['access-control-allow-methods']).toContain('PATCH');
    expect(asked.headers['access-control-allow-headers']).toContain('If-Match');
    const foreign = await client.send('options', '/api/resource/x', {
      headers: { origin: 'https://evil.example', ...preflight },
    });
    expect(foreign.headers).not.toHaveProperty('access-control-allow-methods');
    await test.close();
  });

  it('answers to no other name than its own while nobody is asked who they are', async () => {
    const test = await startApp('sqlite');
    const client = new Client(test.origin);
    for (const host of ['evil.example', 'evil.example:3000', '127.0.0.1.evil.example', 'localhost.evil.example'])
      problemOf(await client.get('/api/resource', { host }), 421, 'misdirected-request');
    for (const host of ['localhost:3000', 'LocalHost:', '127.0.0.1', '[::1]:3000'])
      expect((await client.get('/api/resource', { host })).status).toBe(200);
    await test.close();
    // A page in a browser chooses its headers, but not its Host.
    const proxied = await startApp('sqlite', { env: { TRUST_PROXY: 'loopback' } });
    const headers = { host: 'evil.example', 'x-forwarded-host': 'localhost' };
    problemOf(await new Client(proxied.origin).get('/api/resource', headers), 421, 'misdirected-request');
    await proxied.close();
  });

  it('does not listen beyond this machine without authentication', async () => {
    const { url, drop } = await freshDatabase('sqlite');
    for (const HOST of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
      const refused = await Service.spawn({ DATABASE_URL: url, HOST });
      expect(await refused.ended()).toBe(78);
      expect(refused.output).toMatch(/HOST must be .* as long as AUTH is off/);
    }
    const closed = await Service.spawn({ DATABASE_URL: url, HOST: '0.0.0.0', AUTH: 'keys' });
    await closed.until('/api/resource', 401);
    await closed.kill();
    const open = await Service.spawn({ DATABASE_URL: url });
    await open.until('/health/ready');
    // Lines are written together, some ten times a second.
    await sleep(300);
    expect(open.output.match(/No authentication is configured/g)).toHaveLength(1);
    await open.kill();
    await drop();
  }, 30_000);

  it('needs an issuer and an audience before it takes tokens', async () => {
    const { url, drop } = await freshDatabase('sqlite');
    const refused = await Service.spawn({
      DATABASE_URL: url,
      AUTH: 'jwt',
      JWT_JWKS_URL: 'http://issuer.example/keys',
      JWT_ALGORITHMS: 'HS256',
    });
    expect(await refused.ended()).toBe(78);
    for (const key of ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL', 'JWT_ALGORITHMS'])
      expect(refused.output).toContain(`  ${key} must`);
    await drop();
  });
});
