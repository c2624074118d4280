import { setTimeout as sleep } from 'node:timers/promises';
import { modules } from '../src/modules/index.js';
import { schemaOf } from '../src/schema.js';
import { loadConfig } from '../src/config/config.js';
import { openDataSource } from '../src/database/data-source.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { serverKinds, ThrowAwayServer } from '../src/testing/mariadb.js';

const [, server] = engines();
const whenServer = server === undefined ? describe.skip : describe;

whenServer('a database server', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(server!, {
      env: {
        DATABASE_POOL: '4',
        DATABASE_QUEUE: '20',
        DATABASE_WAIT_MS: '300',
        DATABASE_STATEMENT_MS: '1500',
        DATABASE_WATCHDOG_MS: '500',
      },
    });
  });
  afterAll(() => test.close());

  it('runs a transaction again that lost a deadlock, whole', async () => {
    const { database } = test;
    for (const id of ['d-1', 'd-2'])
      await database.execute('INSERT INTO `resource` (`id`, `name`) VALUES (?, ?)', [id, 'x']);
    let runs = 0;
    const cross = (first: string, second: string) =>
      database.transaction(async () => {
        runs++;
        await database.execute('UPDATE `resource` SET `version` = `version` + 1 WHERE `id` = ?', [first]);
        await sleep(50);
        await database.execute('UPDATE `resource` SET `version` = `version` + 1 WHERE `id` = ?', [second]);
      });
    await Promise.all([cross('d-1', 'd-2'), cross('d-2', 'd-1')]);
    expect(runs).toBeGreaterThan(2);
    const rows = await database.query<{ version: number }>(
      "SELECT `version` FROM `resource` WHERE `id` IN ('d-1', 'd-2')",
    );
    expect(rows.map(({ version }) => version)).toEqual([3, 3]);
  });

  it('sets every session up: time zone, mode, isolation, limits', async () => {
    const isolation = server === 'mariadb' ? 'tx_isolation' : 'transaction_isolation';
    const sessions = await Promise.all(
      Array.from({ length: 4 }, () =>
        test.database.transaction(async (transaction) => {
          await sleep(30);
          const [row] = await transaction.query(
            `SELECT @@session.time_zone AS \`zone\`, @@session.sql_mode AS \`mode\`, @@session.${isolation} AS \`isolation\`, @@session.innodb_lock_wait_timeout AS \`wait\`, @@session.lock_wait_timeout AS \`tables\`, CONNECTION_ID() AS \`id\``,
          );
          return row!;
        }),
      ),
    );
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(4);
    for (const session of sessions)
      expect(session).toMatchObject({
        zone: '+00:00',
        isolation: 'READ-COMMITTED',
        wait: 5,
        tables: 5,
        mode: expect.stringContaining('STRICT_TRANS_TABLES'),
      });
  });

  it('compares text exactly in the columns that the migrations make', async () => {
    const rows = await test.database.query<{ name: string; collation: string }>(
      "SELECT `column_name` AS `name`, `collation_name` AS `collation` FROM `information_schema`.`columns` WHERE `table_schema` = DATABASE() AND `collation_name` IS NOT NULL AND `table_name` NOT LIKE 'plinth%'",
    );
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) expect(row.collation).toMatch(/^utf8mb4_(nopad_bin|0900_bin)$/);
  });

  it('refuses with 503 and Retry-After when every connection stays busy', async () => {
    const client = new Client(test.origin);
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const held = Array.from({ length: 4 }, () => test.database.transaction(() => gate));
    await sleep(50);
    const begun = Date.now();
    const answer = await client.get('/api/resource/x');
    expect(Date.now() - begun).toBeLessThan(1_000);
    problemOf(answer, 503, 'database-busy');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    release();
    await Promise.all(held);
    problemOf(await client.get('/api/resource/x'), 404, 'not-found');
  });

  it('ends statements that take too long', async () => {
    await expect(test.database.query('SELECT SLEEP(10) FROM `resource`')).rejects.toMatchObject({
      code: 'database-timeout',
    });
    expect(await test.database.query('SELECT 1 AS `one`')).toEqual([{ one: 1 }]);
  });

  it('does not start on another kind of server than the URL says', async () => {
    const other = server === 'mariadb' ? 'mysql' : 'mariadb';
    const url = test.url.replace(/^\w+:/, `${other}:`);
    await expect(openDataSource(loadConfig({ DATABASE_URL: url }).database, schemaOf(modules))).rejects.toThrow(
      `DATABASE_URL says ${other}`,
    );
  });
});

describe.each(serverKinds())('an outage of %s', (kind) => {
  let own: ThrowAwayServer;
  let test: TestApp;
  let client: Client;
  const env = process.env;
  beforeAll(async () => {
    own = await ThrowAwayServer.start(kind);
    const shared = env.PLINTH_TEST_SERVER;
    env.PLINTH_TEST_SERVER = own.url;
    test = await startApp(kind, {
      env: {
        DATABASE_STATEMENT_MS: '1000',
        DATABASE_WATCHDOG_MS: '500',
        DATABASE_CONNECT_MS: '1000',
        DATABASE_WAIT_MS: '1000',
      },
    });
    env.PLINTH_TEST_SERVER = shared;
    client = new Client(test.origin);
  }, 60_000);
  afterAll(async () => {
    await test.app.close();
    await own.stop();
  });

  const until = async (path: string, status: number): Promise<void> => {
    for (const end = Date.now() + 15_000; (await client.get(path)).status !== status; await sleep(50)) {
      if (Date.now() > end) throw new Error(`${path} did not become ${status}`);
    }
  };

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    '%s of the server: problems in time, readiness, and back without a restart',
    async (signal) => {
      const id = `before-${signal}`;
      expect((await client.post('/api/resource', { id, name: 'x' })).status).toBe(201);
      await Promise.all(Array.from({ length: 20 }, () => client.get(`/api/resource/${id}`)));
      await own.signal(signal);
      const begun = Date.now();
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, () => client.get(`/api/resource/${id}`)),
        ...Array.from({ length: 5 }, () => client.post('/api/resource', { name: 'x' })),
      ]);
      expect(Date.now() - begun).toBeLessThan(6_000);
      for (const answer of answers) {
        expect(answer.status).toBe(503);
        expect(answer.headers['retry-after']).toBeDefined();
        problemOf(answer, 503, (answer.body as { code: string }).code);
      }
      await until('/health/ready', 503);
      expect((await client.get('/health/live')).status).toBe(200);
      expect((await client.get('/health/startup')).status).toBe(200);
      expect((await client.get('/health')).text).not.toMatch(/127\.0\.0\.1|ECONN|mariadb|mysql|SELECT/i);
      if (signal === 'SIGKILL') await own.resume();
      else await own.signal('SIGCONT');
      await until('/health/ready', 200);
      expect((await client.get(`/api/resource/${id}`)).status).toBe(200);
      expect((await client.post('/api/resource', { name: 'after' })).status).toBe(201);
    },
    60_000,
  );
});
