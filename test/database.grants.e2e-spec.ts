import mysql from 'mysql2/promise';
import { Client } from '../src/testing/client.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { runBuilt } from './support/process.js';
import { Service } from './support/service.js';
import { SseReader } from '../src/testing/sse.js';

const [, engine] = engines();
const SERVING = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const MIGRATING = [...SERVING, 'CREATE', 'ALTER', 'INDEX', 'DROP'];

/** As docs/security.md tells an operator to set them up. */
(engine === undefined ? describe.skip : describe)('users of the database', () => {
  let fresh: TestDatabase;
  let root: mysql.Connection;
  const users: string[] = [];

  beforeAll(async () => {
    fresh = await freshDatabase(engine!);
    root = await mysql.createConnection({ uri: fresh.url.replace('mariadb:', 'mysql:') });
  });
  afterAll(async () => {
    for (const user of users) await root.query(`DROP USER ${user}`);
    await root.end();
    await fresh.drop();
  });

  /** @returns the URL of a user who may do this and nothing else */
  const userWith = async (grants: readonly string[], on = fresh.url) => {
    const url = new URL(on);
    const database = url.pathname.slice(1);
    const name = `${database}_${users.length}`;
    users.push(`'${name}'@'%'`);
    await root.query(`CREATE USER '${name}'@'%' IDENTIFIED BY 'pass'`);
    await root.query(`GRANT ${grants.join(', ')} ON \`${database}\`.* TO '${name}'@'%'`);
    [url.username, url.password] = [name, 'pass'];
    return url.href;
  };

  it('that migrate and that serve need what the docs grant them', async () => {
    const migrating = await userWith(MIGRATING);
    const serving = await userWith(SERVING);
    const cli = 'migrate.cli.js';
    const before = await runBuilt(cli, { DATABASE_URL: serving }, ['status']).ended;
    expect(before).toMatchObject({ code: 0, output: expect.stringMatching(/^pending /) });
    expect(await runBuilt(cli, { DATABASE_URL: migrating }).ended).toMatchObject({ code: 0 });
    const after = await runBuilt(cli, { DATABASE_URL: serving }, ['status']).ended;
    expect(after.output).not.toContain('pending');

    const made = ['create', '--name', 'operator', '--scope', '*:*'];
    const env = { DATABASE_URL: serving, AUTH: 'keys', RATE_LIMIT: 'database', SHUTDOWN_DRAIN_MS: '0' };
    const key = /plinth_\S+/.exec((await runBuilt('key.cli.js', env, made).ended).output)![0];
    const service = await Service.spawn(env);
    await service.until('/health/ready');
    await serve(service.origin, key);
    service.signal('SIGTERM');
    expect(await service.ended()).toBe(0);
    expect(service.output).not.toContain('"level":50');
  }, 60_000);

  it.each(['SELECT', 'INSERT', 'UPDATE', 'CREATE'])('that migrate are told when %s is missing', async (grant) => {
    const empty = await freshDatabase(engine!);
    const url = await userWith(
      MIGRATING.filter((one) => one !== grant),
      empty.url,
    );
    const { code, output } = await runBuilt('migrate.cli.js', { DATABASE_URL: url }).ended;
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(`${grant} command denied`) });
    await empty.drop();
  });
});

/** Everything that a service does with its database. */
async function serve(origin: string, key: string): Promise<void> {
  const client = new Client(origin, key);
  const reader = await SseReader.open(`${origin}/api/resource:watch`, { authorization: `Bearer ${key}` });
  const path = '/api/resource';
  const asked = [
    client.post(path, { id: 'g-1', name: 'a' }),
    client.post(path, { id: 'g-2', name: 'b' }, { 'idempotency-key': 'once' }),
    client.put(`${path}/g-3`, { name: 'c' }),
  ];
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([201, 201, 201]);
  expect((await client.post(path, { id: 'g-2', name: 'b' }, { 'idempotency-key': 'once' })).status).toBe(201);
  expect((await client.patch(`${path}/g-1`, { name: 'aa' })).status).toBe(200);
  expect((await client.delete(`${path}/g-3`)).status).toBe(204);
  expect((await client.post(`${path}/g-3:restore`)).status).toBe(200);
  expect((await client.get(`${path}?sort=-created_at&count=true&filter=startswith(name,'a')`)).body).toMatchObject({
    data: [{ id: 'g-1' }],
  });
  for (const atomic of [true, false]) {
    const operations = ['x', 'y'].map((id) => ({ op: 'create', body: { id: `${id}-${atomic}`, name: id } }));
    const { status } = await client.post(`${path}:batch`, { atomic, operations });
    expect(status).toBeLessThan(300);
  }
  await reader.until(({ changes }) => changes.length >= 9);
  reader.close();
  expect((await client.get(`${path}/g-1:history`)).status).toBe(200);
  expect((await client.get('/api/changes')).status).toBe(200);
  const { body } = await client.post('/api/api-key', { name: 'second', scopes: ['resource:read'] });
  const { id } = (body as { data: { id: string } }).data;
  expect((await client.post(`/api/api-key/${id}:rotate`, {})).status).toBe(200);
  expect((await client.delete(`/api/api-key/${id}`)).status).toBe(204);
  for (const page of ['/metrics', '/health']) expect((await client.get(page)).status).toBe(200);
}
