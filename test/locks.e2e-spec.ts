import Sqlite from 'better-sqlite3';
import type { Response } from 'supertest';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

const [, server] = engines();
const whenServer = server === undefined ? describe.skip : describe;
/** The wait for a lock, and what a slow machine needs beside it; two waits would not go into it. */
const ONE_WAIT_MS = 9_000;
const WAYS: { how: string; env: Record<string, string>; counts: number[] }[] = [
  { how: 'as usual', env: {}, counts: [1, 10, 40] },
  { how: 'one by one', env: { DATABASE_PIPELINE: 'off', DATABASE_GROUP_WRITES: 'off' }, counts: [40] },
  { how: 'in groups, without pipelining', env: { DATABASE_PIPELINE: 'off' }, counts: [40] },
];

describe.each(WAYS)('writes behind a lock of somebody else, $how', ({ how, env, counts }) => {
  whenServer(`on ${server}`, () => {
    let test: TestApp;
    let client: Client;
    let made = 0;
    beforeAll(async () => {
      test = await startApp(server!, { env, widget: true });
      client = new Client(test.origin);
    });
    afterAll(() => test.close());

    /** While another client holds all ids that begin with a digit: as gaps, and as rows. */
    const behind = async <T>(work: () => Promise<T>): Promise<T> => {
      const other = test.database.dataSource.createQueryRunner();
      try {
        await other.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        await other.query('START TRANSACTION');
        await other.query("SELECT `id` FROM `widget` FORCE INDEX (PRIMARY) WHERE `id` < 'a' FOR UPDATE");
        return await work();
      } finally {
        await other.query('ROLLBACK');
        await other.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
        await other.release();
      }
    };
    /** While another client holds the table, as one that alters it does. */
    const behindTable = async <T>(work: () => Promise<T>): Promise<T> => {
      const other = test.database.dataSource.createQueryRunner();
      try {
        await other.query('LOCK TABLES `widget` WRITE');
        return await work();
      } finally {
        await other.query('UNLOCK TABLES');
        await other.release();
      }
    };
    const create = (id: string, headers?: Record<string, string>) =>
      client.post('/api/widget', { id, code: id }, headers);
    const many = (count: number, ask: (n: string) => Promise<Response>) =>
      Promise.all(Array.from({ length: count }, () => ask(String(++made))));

    const expectOneWait = async (ask: () => Promise<Response[]>, held = behind<Response[]>) => {
      const answers = await held(async () => {
        const begun = performance.now();
        const asked = await ask();
        expect(performance.now() - begun).toBeLessThan(ONE_WAIT_MS);
        return asked;
      });
      for (const answer of answers) {
        problemOf(answer, 503, 'database-busy');
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      }
      const begun = performance.now();
      const after = await many(10, (n) => create(`0-after-${n}`));
      for (const { status } of after) expect(status).toBe(201);
      expect(performance.now() - begun).toBeLessThan(3_000);
    };

    it.each(counts)('%d creates at once wait one lock timeout together', async (count) => {
      await expectOneWait(() => many(count, (n) => create(`0-${n}`)));
    });

    it('20 creates at once wait for the table, which somebody alters, not longer', async () => {
      await expectOneWait(() => many(20, (n) => create(`0-${n}`)), behindTable);
    });

    if (how !== 'as usual') return;

    it('creates with an Idempotency-Key, and after a group that had a bad row', async () => {
      await create('taken');
      await many(5, () => create('taken'));
      await expectOneWait(() => many(20, (n) => create(`0-${n}`, { 'idempotency-key': `k-${n}` })));
      await many(5, () => create('taken'));
      await expectOneWait(() => many(20, (n) => create(`0-${n}`)));
    });

    it('PUTs, batches and dry runs, each with several locks to wait for', async () => {
      const create = (n: string) => ({ op: 'create', body: { id: `0-b-${n}`, code: `0-b-${n}` } });
      const batch = (atomic: boolean, n: string) =>
        client.post('/api/widget:batch', { atomic, operations: ['x', 'y', 'z'].map((one) => create(`${n}-${one}`)) });
      await expectOneWait(() =>
        many(3, async (n) => {
          const kinds = [
            () => client.put(`/api/widget/0-p-${n}`, { code: n }),
            () => batch(true, n),
            () => client.post('/api/widget?dry_run=true', { id: `0-d-${n}`, code: `0-d-${n}` }),
          ];
          return kinds[Number(n) % 3]!();
        }),
      );
    });

    it('changes of rows that are held', async () => {
      const ids = ['1-held', '2-held', '3-held'];
      for (const id of ids) await create(id);
      await expectOneWait(() =>
        many(6, (n) => client.patch(`/api/widget/${ids[Number(n) % 3]}`, { weight: Number(n) })),
      );
    });

    it('who is not behind the lock gets through', async () => {
      // MySQL can't try a lock without waiting for it: there they are told to come again.
      if (server === 'mysql') return;
      const answers = await behind(() =>
        Promise.all([create('0-x'), create('zz-1'), create('0-y'), create('zz-2'), create('zz-3')]),
      );
      expect(answers.map(({ status }) => status)).toEqual([503, 201, 503, 201, 201]);
    });
  });
});

describe('writes behind another process that writes, on SQLite', () => {
  let test: TestApp;
  let other: Sqlite.Database;
  beforeAll(async () => {
    test = await startApp('sqlite');
    other = new Sqlite(test.url.slice('sqlite:'.length));
  });
  afterAll(async () => {
    other.close();
    await test.close();
  });

  it('40 creates at once wait together', async () => {
    const client = new Client(test.origin);
    const create = () => client.post('/api/resource', { name: 'x' });
    other.exec('BEGIN IMMEDIATE');
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 40 }, create));
    expect(performance.now() - begun).toBeLessThan(ONE_WAIT_MS);
    for (const answer of answers) {
      problemOf(answer, 503, 'database-busy');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    other.exec('COMMIT');
    for (let n = 0; n < 3; n++) expect((await create()).status).toBe(201);
  });
});
