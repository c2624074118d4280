import { createServer, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { problemTypes } from '../src/problems/problem.catalogue.js';
import { startGuarded } from './support/access.js';
import { startApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { freePort } from '../src/testing/mariadb.js';
import { describeWithNginx, Nginx } from './support/nginx.js';
import { answersIn, sendRaw } from './support/raw.js';

const MIB = 2 ** 20;
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

async function front(origin: string, change?: (text: string) => string): Promise<Nginx> {
  const nginx = await Nginx.start([origin], change);
  ends.push(() => nginx.stop());
  return nginx;
}

async function start(env: Record<string, string> = {}, change?: (text: string) => string) {
  const test = await startApp('sqlite', { env });
  ends.push(() => test.close());
  const nginx = await front(test.origin, change);
  return { test, nginx, client: new Client(nginx.origin) };
}

describeWithNginx()('behind nginx', () => {
  let usual: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => void (usual = await start()));

  it('is what the service refuses refused by the service, up to its limits', async () => {
    const { client } = usual;
    const large = await client.post('/api/resource', { name: 'x'.repeat(1.5 * MIB) });
    expect(problemOf(large, 413, 'content-too-large').detail).toContain('1048576');
    problemOf(await client.get(`/api/resource?id=${'x'.repeat(9_000)}`), 414, 'uri-too-long');
    problemOf(await client.get('/api/resource', { 'x-long': 'x'.repeat(20_000) }), 431, 'headers-too-large');
    problemOf(await client.get('/api/nothing'), 404, 'route-not-found');
  });

  it('has what nginx refuses by itself the form and the codes of problems', async () => {
    const { client, nginx } = usual;
    problemOf(await client.post('/api/resource', { name: 'x'.repeat(3 * MIB) }), 413, 'content-too-large');
    problemOf(await client.get(`/api/resource?id=${'x'.repeat(40_000)}`), 414, 'uri-too-long');
    problemOf(await client.get('/api/resource', { 'x-long': 'x'.repeat(40_000) }), 431, 'headers-too-large');
    problemOf(await client.get('/api/resource/a%00'), 400, 'malformed-http');
    const raw = async (origin: string, bytes: string) => {
      const [answer] = answersIn(await sendRaw(origin, `${bytes}\r\nHost: x\r\nConnection: close\r\n\r\n`));
      const { code, type } = JSON.parse(answer!.body) as { code: string; type: string };
      expect({ type, status: problemTypes().get(code)!.status }).toEqual({
        type: `/problems/${code}`,
        status: answer!.status,
      });
      return answer!.status;
    };
    expect(await raw(nginx.origin, 'G\x01T / HTTP/1.1')).toBe(400);
    expect(await raw(nginx.origin, 'TRACE / HTTP/1.1')).toBe(405);
    expect(await raw(nginx.origin, 'GET / HTTP/3.1')).toBe(505);
    expect(await raw(nginx.https, 'GET / HTTP/1.1')).toBe(400);
  });

  it('says that there is no service, or that it is silent, without a promise that nothing was done', async () => {
    const short = 'proxy_read_timeout 300ms; client_body_timeout 300ms;';
    const silent = await start({}, (text) => text.replace('proxy_connect_timeout', `${short} $&`));
    silent.test.app.getHttpServer().removeAllListeners('request');
    const late = await silent.client.post('/api/resource', { name: 'x' });
    problemOf(late, 504, 'gateway-timeout');
    const none = new Client((await front(`http://127.0.0.1:${await freePort()}`)).origin);
    const refused = await none.post('/api/resource', { name: 'x' });
    problemOf(refused, 502, 'bad-gateway');
    // With it the typed client would send a write again.
    for (const { headers } of [late, refused]) expect(headers).not.toHaveProperty('retry-after');

    const half = 'POST /api/resource HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{';
    expect(await sendRaw(silent.nginx.origin, half)).toBe('');
    const left = fetch(`${silent.nginx.origin}/api/resource`, { signal: AbortSignal.timeout(100) });
    await expect(left).rejects.toThrow('timeout');
    await sleep(100);
    expect(silent.nginx.log).toMatch(/ 408 [^]* 499 /);
  });

  it('goes on with the connections to the service that it has', async () => {
    const { test, client } = usual;
    let connections = 0;
    test.app.getHttpServer().on('connection', () => connections++);
    for (let n = 0; n < 20; n++) expect((await client.get('/api/resource')).status).toBe(200);
    expect(connections).toBeLessThan(3);
  });

  it('sends to another replica what was sent to one that broke off, but no POST or PATCH', async () => {
    const { test } = usual;
    const seen: string[] = [];
    const broken = createServer(({ method }, response) => {
      seen.push(method!);
      response.destroy();
    }).listen(0, '127.0.0.1');
    await once(broken, 'listening');
    const { port } = broken.address() as AddressInfo;
    const nginx = await Nginx.start([`http://127.0.0.1:${port}`, test.origin]);
    const client = new Client(nginx.origin);
    for (const method of ['get', 'put', 'delete', 'post', 'patch'] as const) {
      const statuses: number[] = [];
      for (let n = 0; n < 4; n++)
        statuses.push((await client.send(method, '/api/resource/again', { body: { name: 'x' } })).status);
      expect(seen.splice(0)).toContain(method.toUpperCase());
      expect(statuses.includes(502)).toBe(method === 'post' || method === 'patch');
    }
    await nginx.stop();
    broken.close();
  });

  describe('the ETag', () => {
    const compressed = { 'accept-encoding': 'gzip' };
    const inGzip = (text: string) => text.replace('gzip_types', 'gzip_min_length 1; gzip_types application/json');

    it('stays strong, as JSON is not compressed; exports are', async () => {
      const { client, nginx } = usual;
      await client.put('/api/resource/etag', { name: 'x'.repeat(200) });
      const { headers } = await client.get('/api/resource/etag', compressed);
      expect(headers.etag).toMatch(/^"/);
      expect(headers).not.toHaveProperty('content-encoding');
      const changed = await client.patch('/api/resource/etag', { name: 'y' }, { 'if-match': headers.etag! });
      expect(changed.status).toBe(200);
      const csv = await fetch(`${nginx.origin}/api/resource`, { headers: { ...compressed, accept: 'text/csv' } });
      expect(csv.headers.get('content-encoding')).toBe('gzip');
      expect(await csv.text()).toContain('etag,y');
    });

    it('is weak where JSON is compressed, and then refused by its own problem, or taken where that is set', async () => {
      const refusing = await start({ TRUST_PROXY: 'loopback' }, inGzip);
      const taking = await start({ TRUST_PROXY: 'loopback', HTTP_WEAK_ETAGS: 'proxies' }, inGzip);
      for (const { client } of [refusing, taking]) {
        await client.put('/api/resource/a', { name: 'x' });
        const { headers } = await client.get('/api/resource/a', compressed);
        expect(headers).toMatchObject({ 'content-encoding': 'gzip', etag: expect.stringMatching(/^W\//) });
        const change = () => client.patch('/api/resource/a', { name: 'y' }, { 'if-match': headers.etag! });
        if (client === refusing.client) problemOf(await change(), 412, 'weak-entity-tag');
        else expect((await change()).status).toBe(200);
        if (client === taking.client) problemOf(await change(), 412, 'precondition-failed');
      }
    });
  });

  it('counts limits for each address that nginx saw, whatever clients say of theirs', async () => {
    const { origin, close } = await startGuarded('sqlite', {
      env: { TRUST_PROXY: '127.0.0.1', RATE_LIMIT: 'process', RATE_LIMIT_FAILURES: '2' },
    });
    ends.push(close);
    const nginx = await front(origin);
    let told = 0;
    const ask = async (localAddress: string): Promise<number> => {
      const headers = { authorization: 'Bearer plinth_x', 'x-forwarded-for': `192.0.2.${told++}` };
      const [answer] = (await once(get(`${nginx.origin}/api/resource`, { localAddress, headers }), 'response')) as [
        IncomingMessage,
      ];
      answer.resume();
      return answer.statusCode!;
    };
    const statuses: number[] = [];
    for (let n = 0; n < 3; n++) statuses.push(await ask('127.0.0.2'));
    expect(statuses).toEqual([401, 401, 429]);
    expect(await ask('127.0.0.3')).toBe(401);
  });

  it('keeps an export back for a reader who takes nothing, and does not gather it itself', async () => {
    const { test, client } = usual;
    await client.put('/api/resource/seed', { name: 'x'.repeat(255) });
    const [row] = await test.database.query<Record<string, unknown>>("SELECT * FROM `resource` WHERE `id` = 'seed'");
    const names = Object.keys(row!).map((name) => `\`${name}\``);
    const values = names.map((name) => (name === '`id`' ? "'row-' || `n`.`i`" : name));
    await test.database.execute(
      `INSERT INTO \`resource\` (${names.join()}) WITH RECURSIVE \`n\` AS (SELECT 1 AS \`i\` UNION ALL SELECT \`i\` + 1 ` +
        `FROM \`n\` WHERE \`i\` < 100000) SELECT ${values.join()} FROM \`n\`, \`resource\` WHERE \`id\` = 'seed'`,
    );
    const sockets: Socket[] = [];
    test.app.getHttpServer().on('connection', (socket: Socket) => sockets.push(socket));
    // With no connection to the service yet.
    const { origin } = await front(test.origin);
    const asked = get(`${origin}/api/resource`, { headers: { accept: 'application/x-ndjson' } });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    await sleep(1_000);
    const sent = Math.max(...sockets.map(({ bytesWritten }) => bytesWritten));
    expect(sent).toBeLessThan(16 * MIB);
    let lines = 0;
    for await (const chunk of answer) lines += String(chunk).split('\n').length - 1;
    expect(lines).toBeGreaterThan(100_000);
    expect(Math.max(...sockets.map(({ bytesWritten }) => bytesWritten))).toBeGreaterThan(24 * MIB);
  });
});
