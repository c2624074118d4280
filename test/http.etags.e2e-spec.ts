import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

/** The ETag as a proxy that compresses changes it: nginx, Apache, Jetty. */
const CHANGED: readonly (readonly [string, (etag: string) => string])[] = [
  ['weak', (etag) => `W/${etag}`],
  ['marked', (etag) => etag.replace(/"$/, '-gzip"')],
  ['marked otherwise', (etag) => etag.replace(/"$/, '--gzip"')],
  ['both', (etag) => `W/${etag.replace(/"$/, '-gzip"')}`],
  ['among others', (etag) => `"0-0", ,W/${etag}`],
];

describe.each(engines())('entity tags that were changed on the way: %s', (engine) => {
  const apps: TestApp[] = [];
  const start = async (env: Record<string, string> = {}) => {
    const test = await startApp(engine, { env });
    apps.push(test);
    const client = new Client(test.origin);
    const { headers } = await client.put('/api/resource/a', { name: 'a' });
    return { client, etag: headers.etag! };
  };
  afterAll(() => Promise.all(apps.map((test) => test.close())));

  const change = (client: Client, etag: string) =>
    client.patch('/api/resource/a', { name: `n${Math.random()}` }, { 'if-match': etag });
  const batch = (client: Client, etag: string) =>
    client.post('/api/resource:batch', {
      atomic: true,
      operations: [{ op: 'update', id: 'a', body: { name: `n${Math.random()}` }, if_match: etag }],
    });

  it('are refused by a problem of their own, unless a strong one is there as well', async () => {
    const { client, etag } = await start({ TRUST_PROXY: 'loopback' });
    for (const [, changed] of CHANGED) {
      const refused = await change(client, changed(etag));
      expect(problemOf(refused, 412, 'weak-entity-tag').detail).toMatch(/weak.*proxy that compresses/);
      expect(refused.headers.etag).toBe(etag);
      problemOf(await batch(client, changed(etag)), 412, 'weak-entity-tag');
      problemOf(await client.delete('/api/resource/a', { 'if-match': changed(etag) }), 412, 'weak-entity-tag');
    }
    problemOf(await change(client, '"0-0"'), 412, 'precondition-failed');
    problemOf(await client.patch('/api/resource/none', {}, { 'if-match': `W/${etag}` }), 404, 'not-found');
    expect((await change(client, `W/${etag}, ${etag}`)).status).toBe(200);
  });

  it('are taken from the proxies that are named, where that is set', async () => {
    const { client, etag } = await start({ TRUST_PROXY: 'loopback', HTTP_WEAK_ETAGS: 'proxies' });
    let now = etag;
    for (const [, changed] of CHANGED) {
      expect((await client.get('/api/resource/a', { 'if-none-match': changed(now) })).status).toBe(304);
      const answer = await change(client, changed(now));
      expect(answer.status).toBe(200);
      problemOf(await change(client, changed(now)), 412, 'precondition-failed');
      now = answer.headers.etag!;
      expect((await batch(client, changed(now))).status).toBe(200);
      now = (await client.get('/api/resource/a')).headers.etag!;
    }
  });

  it('are not taken from anybody else', async () => {
    const { client, etag } = await start({ TRUST_PROXY: '192.0.2.1', HTTP_WEAK_ETAGS: 'proxies' });
    const headers = { 'if-match': `W/${etag}`, 'x-forwarded-for': '192.0.2.1' };
    problemOf(await client.patch('/api/resource/a', { name: 'b' }, headers), 412, 'weak-entity-tag');
  });

  it('may stand between empty elements', async () => {
    const { client, etag } = await start();
    for (const list of [`,${etag}`, `${etag},`, ` , ,"0-0",, ${etag} ,`])
      expect((await client.get('/api/resource/a', { 'if-none-match': list })).status).toBe(304);
    expect((await change(client, `, ${etag},`)).status).toBe(200);
    problemOf(await change(client, ','), 412, 'precondition-failed');
    expect((await client.get('/api/resource/a', { 'if-none-match': ',' })).status).toBe(200);
  });
});
