import { setTimeout as sleep } from 'node:timers/promises';
import { Failed } from '../src/runtime/batcher.js';
import { AUTOCOMMIT } from '../src/database/mysql/mysql.channel.js';
import type { Statement, Transaction } from '../src/database/session.js';
import mysql from 'mysql2/promise';
import { startApp, type TestApp } from './support/app.js';
import { atOnce } from './support/at-once.js';
import { startDatabase, type DatabaseStack } from './support/database-stack.js';
import { freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { serverKinds, ThrowAwayServer } from '../src/testing/mariadb.js';

const LIMITS = { DATABASE_POOL: '1', DATABASE_STATEMENT_MS: '400', DATABASE_WATCHDOG_MS: '100' };

describe.each(serverKinds())('statements that are sent together to %s', (engine) => {
  let server: ThrowAwayServer;
  let fresh: TestDatabase;
  /** One connection: who gets it next gets what the one before left behind. */
  let stack: DatabaseStack;
  /** Has connections of its own, to look, to lock and to kill with. */
  let other: DatabaseStack;

  beforeAll(async () => {
    server = await ThrowAwayServer.start(engine);
    fresh = await freshDatabase(engine, server.url);
    stack = await startDatabase(fresh.url, LIMITS);
    other = await startDatabase(fresh.url);
    await other.database.execute('CREATE TABLE `note` (`id` INT PRIMARY KEY, `text` INT NOT NULL)');
    await other.database.execute('CREATE TABLE `heavy` (`id` INT AUTO_INCREMENT PRIMARY KEY, `n` INT)');
  }, 60_000);
  beforeEach(async () => {
    await other.database.execute('DELETE FROM `note`');
    await other.database.execute('INSERT INTO `note` VALUES (1, 0), (2, 0)');
  });
  afterEach(async () => {
    // Whatever went wrong: no connection is lost to the pool.
    for (const end = Date.now() + 2_000; used() > 0 && Date.now() < end;) await sleep(10);
    expect(used()).toBe(0);
  });
  afterAll(async () => {
    await stack?.close();
    await other?.close();
    await server?.stop();
  });

  const used = () => stack.database.usage().used + other.database.usage().used;
  const notes = async () =>
    (await other.database.query('SELECT * FROM `note` ORDER BY `id`')).map(({ id, text }) => [id, text]);
  const idOf = async (transaction: Transaction) =>
    (await transaction.query<{ id: number }>('SELECT CONNECTION_ID() AS `id`'))[0]!.id;
  const kill = (id: number) => other.database.execute(`KILL CONNECTION ${id}`);
  const plus = (id: number): Statement => ({
    sql: 'UPDATE `note` SET `text` = `text` + 1 WHERE `id` = ?',
    params: [id],
  });
  const insert = (id: number): Statement => ({ sql: 'INSERT INTO `note` VALUES (?, 0)', params: [id] });
  /** Until a statement of somebody's waits for a lock. */
  const waiting = async () => {
    const sql = "SELECT 1 FROM `information_schema`.`innodb_trx` WHERE `trx_state` = 'LOCK WAIT'";
    // The table is only made anew when nobody has looked for a tenth of a second.
    while ((await other.database.query(sql)).length === 0) await sleep(150);
  };

  it('leave nothing of those after a deadlock, and are all run again', async () => {
    let runs = 0;
    const work = (transaction: Transaction) => {
      runs++;
      return transaction.executeEach([plus(1), plus(2), insert(3), plus(3)]);
    };
    const outcomes = await other.database.transaction(async (theirs) => {
      // More of a loss than ours: it is ours that is given up.
      await theirs.execute(
        'INSERT INTO `heavy` (`n`) WITH RECURSIVE `n` AS (SELECT 1 AS `i` UNION ALL SELECT `i` + 1 FROM `n` WHERE `i` < 500) SELECT `i` FROM `n`',
      );
      await theirs.execute('UPDATE `note` SET `text` = 10 WHERE `id` = 2');
      const ours = stack.database.transaction(work);
      await waiting();
      await theirs.execute('UPDATE `note` SET `text` = 10 WHERE `id` = 1');
      return [ours];
    });
    expect(await outcomes[0]).toEqual([1, 1, 1, 1]);
    expect(runs).toBe(2);
    expect(await notes()).toEqual([
      [1, 11],
      [2, 11],
      [3, 1],
    ]);
  });

  it('leave connections that commit each statement by itself, whatever became of the transaction', async () => {
    const { database } = stack;
    const mode = async () => (await database.query('SELECT @@autocommit AS `on`'))[0]!.on;
    await database.transaction((transaction) => transaction.executeAll([insert(4)]));
    expect(await mode()).toBe(1);
    await database.transaction((transaction) => transaction.executeAll([insert(5)]), { rollback: true });
    expect(await mode()).toBe(1);
    const clash = database.transaction((transaction) => transaction.executeAll([insert(1), insert(6)]));
    await expect(clash).rejects.toThrow('unique');
    expect(await mode()).toBe(1);
    await database.dataSource.query('INSERT INTO `note` VALUES (7, 0)');
    expect((await notes()).map(([id]) => id)).toEqual([1, 2, 4, 7]);
  });

  it('do not leave the next one waiting on a connection that could not be given back as it was', async () => {
    const { database } = stack;
    const statement = AUTOCOMMIT as { sql: string };
    const { sql } = statement;
    statement.sql = 'SET autocommit = nonsense';
    const begun = performance.now();
    const first = database.transaction((transaction) => transaction.executeAll([insert(8)]));
    const next = database.query('SELECT @@autocommit AS `on`');
    await first;
    statement.sql = sql;
    expect(await next).toEqual([{ on: 1 }]);
    expect(performance.now() - begun).toBeLessThan(450);
    expect((await notes()).map(([id]) => id)).toEqual([1, 2, 8]);
  });

  it('have their time one by one', async () => {
    const slow = (n: number): Statement => ({ sql: 'DO SLEEP(?)', params: [n] });
    const some = [slow(0.3), insert(9), slow(0.3), slow(0.3), insert(10)];
    const outcomes = await stack.database.transaction((transaction) => transaction.executeEach(some));
    expect(outcomes).toEqual([0, 1, 0, 0, 1]);
    // One that takes longer is ended by the server, and only that one.
    const [late, good] = await Promise.allSettled([
      stack.database.queryQuick({ sql: 'SELECT SLEEP(5) AS `x` FROM `note`', params: [] }),
      stack.database.queryQuick({ sql: 'SELECT 1 AS `x`', params: [] }),
    ]);
    expect(late).toMatchObject({ status: 'rejected', reason: { code: 'database-timeout' } });
    expect(good).toEqual({ status: 'fulfilled', value: [{ x: 1 }] });
  });

  it('are all run again when the connection is killed under them', async () => {
    let runs = 0;
    const ours = other.database.transaction(async (theirs) => {
      await theirs.execute('UPDATE `note` SET `text` = 10 WHERE `id` = 2');
      const work = async (transaction: Transaction) => {
        const id = await idOf(transaction);
        const together = transaction.executeAll([insert(11), plus(2), insert(12)]);
        if (++runs === 1) void sleep(100).then(() => kill(id));
        return together;
      };
      const result = stack.database.transaction(work);
      await sleep(250);
      return [result];
    });
    expect(await (await ours)[0]).toEqual([1, 1, 1]);
    expect(runs).toBe(2);
    expect(await notes()).toEqual([
      [1, 0],
      [2, 11],
      [11, 0],
      [12, 0],
    ]);
  });

  it('end when the server hangs, are not committed, and none is run again by itself', async () => {
    let runs = 0;
    await stack.database.query('SELECT 1');
    await server.signal('SIGSTOP');
    const begun = performance.now();
    try {
      const all = stack.database.transaction((transaction) => {
        runs++;
        return transaction.executeAll([insert(13), plus(1), insert(14)]);
      });
      await expect(all).rejects.toMatchObject({ code: 'database-timeout' });
      expect(performance.now() - begun).toBeLessThan(1_000);
    } finally {
      await server.signal('SIGCONT');
    }
    expect(runs).toBe(1);
    for (const end = Date.now() + 8_000; !stack.state.isReady && Date.now() < end;) await sleep(20);
    await sleep(100);
    expect(await notes()).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });

  // MySQL has nothing that holds up COMMIT alone.
  (engine === 'mysql' ? describe.skip : describe)('with their COMMIT', () => {
    let test: TestApp;
    beforeAll(async () => {
      test = await startApp(engine, { server: server.url, env: { DATABASE_POOL: '4' } });
    });
    afterAll(() => test.close());

    it.each(['create', 'update'])(
      'lost, all of a group hear that nobody knows, and none is run again: %s',
      async (kind) => {
        const ids = (group: number) => Array.from({ length: 4 }, (_, n) => `${kind}-${group}-${n}`);
        const groups = [0, 1, 2].map(ids);
        if (kind === 'update') {
          const puts = groups
            .flat()
            .map((id) => ({ method: 'PUT', path: `/api/resource/${id}`, body: { name: 'before' } }));
          await atOnce(test.origin, puts);
        }
        const write = (id: string) =>
          kind === 'update'
            ? { method: 'PATCH', path: `/api/resource/${id}`, body: { name: 'after' } }
            : { method: 'POST', path: '/api/resource', body: { id, name: 'after' } };
        // After several at once the first one of the next ones does not go alone.
        if (kind === 'create') await atOnce(test.origin, ['a', 'b', 'c'].map(write));
        const sql = "SELECT `ID` FROM `information_schema`.`PROCESSLIST` WHERE `INFO` = 'COMMIT' AND `DB` = ?";
        const name = new URL(test.url).pathname.slice(1);
        const blocker = await mysql.createConnection({ uri: server.url.replace('mariadb:', 'mysql:') });
        // Everything but COMMIT goes on. Each group is one commit, or several, as its rows were read; two of them at once.
        await blocker.query('BACKUP STAGE START');
        await blocker.query('BACKUP STAGE BLOCK_COMMIT');
        const committing = async () => (await blocker.query(sql, [name]))[0] as { ID: number }[];
        const sent: ReturnType<typeof atOnce>[] = [];
        for (const group of groups) {
          sent.push(atOnce(test.origin, group.map(write)));
          // Each has gone before the next one comes, which could join it otherwise; the last one has to wait.
          while ((await committing()).length < Math.min(sent.length, 2)) await sleep(10);
        }
        const answers = Promise.all(sent);
        const victim = (await committing())[0]!.ID;
        await blocker.query(`KILL CONNECTION ${victim}`);
        await sleep(100);
        await blocker.query('BACKUP STAGE END');
        await blocker.end();
        const told = (await answers).flat().map(({ status, body }) => body.code ?? status);
        const isUnknown = (_id: string, n: number) => told[n] === 'commit-outcome-unknown';
        const unknown = groups.flat().filter(isUnknown);
        expect(kind === 'update' ? [1, 2, 3, 4] : [4]).toContain(unknown.length);
        expect(new Set(told)).toEqual(new Set(['commit-outcome-unknown', kind === 'update' ? 200 : 201]));
        // Whether it is there or not: as a whole, once, and with its records.
        const like = [`${kind}-%`];
        const stored = async (sql: string) => (await test.database.query(sql, like)).map(({ id }) => id);
        const rows = await stored("SELECT `id` FROM `resource` WHERE `id` LIKE ? AND `name` = 'after' ORDER BY `id`");
        expect([[], unknown]).toContainEqual(unknown.filter((id) => rows.includes(id)));
        expect(rows).toEqual(groups.flat().filter((id, n) => !isUnknown(id, n) || rows.includes(id)));
        const records = await stored(
          "SELECT `resource_id` AS `id` FROM `change_log` WHERE `resource_id` LIKE ? AND JSON_VALUE(`after`, '$.name') = 'after' ORDER BY `resource_id`",
        );
        expect(records).toEqual(rows);
        expect(test.database.usage().used).toBe(0);
      },
    );
  });

  it('do not disturb a stop that comes while their connection is given back', async () => {
    const stopping = await startDatabase(fresh.url, LIMITS);
    await stopping.database.transaction((transaction) => transaction.executeAll([insert(30)]));
    await stopping.close();
  });

  it('give each its own outcome', async () => {
    const outcomes = await stack.database.transaction((transaction) =>
      transaction.executeEach([insert(20), insert(20), plus(20), insert(21)]),
    );
    expect(outcomes.map((outcome) => (outcome instanceof Failed ? (outcome.error as Error).message : outcome))).toEqual(
      [1, 'A unique constraint refused the row.', 1, 1],
    );
  });
});
