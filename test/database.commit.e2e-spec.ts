import { setTimeout as sleep } from 'node:timers/promises';
import { NoMatch, type Write } from '../src/database/session.js';
import { UniqueViolation } from '../src/database/sql-errors.js';
import { startDatabase, type DatabaseStack } from './support/database-stack.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';

/** MariaDB has the whole transaction in one statement; without pipelining, and on MySQL, it is several. */
const WAYS = engines().flatMap((engine) =>
  (engine === 'sqlite' ? ['on'] : ['on', 'off']).map((pipeline) => ({ engine, pipeline })),
);

describe.each(WAYS)('a transaction that is known from the start, on $engine (pipeline $pipeline)', (way) => {
  let fresh: TestDatabase;
  /** One connection: what it was left with is what the next one gets. */
  let stack: DatabaseStack;
  let other: DatabaseStack;

  beforeAll(async () => {
    fresh = await freshDatabase(way.engine);
    const limits = { DATABASE_STATEMENT_MS: '400', DATABASE_WATCHDOG_MS: '100', DATABASE_PIPELINE: way.pipeline };
    stack = await startDatabase(fresh.url, { ...limits, DATABASE_POOL: '1' });
    other = await startDatabase(fresh.url);
    await other.database.execute('CREATE TABLE `note` (`id` INT PRIMARY KEY, `text` INT NOT NULL)');
  });
  beforeEach(async () => {
    await other.database.execute('DELETE FROM `note`');
    await other.database.execute('INSERT INTO `note` VALUES (1, 0), (2, 0)');
  });
  afterEach(() => expect(stack.database.usage().used).toBe(0));
  afterAll(async () => {
    await stack?.close();
    await other?.close();
    await fresh?.drop();
  });

  const commit = (...writes: Write[]) => stack.database.commit(writes);
  const insert = (id: number): Write => ({ sql: 'INSERT INTO `note` VALUES (?, 0)', params: [id] });
  const plus = (id: number, mustMatch = 1): Write => ({
    sql: 'UPDATE `note` SET `text` = `text` + 1 WHERE `id` = ?',
    params: [id],
    mustMatch,
  });
  const notes = async () =>
    (await other.database.query('SELECT * FROM `note` ORDER BY `id`')).map(({ id, text }) => [id, text]);

  it('is there as a whole when it returns', async () => {
    await commit(insert(3), plus(3), plus(1), plus(9, 0));
    expect(await notes()).toEqual([
      [1, 1],
      [2, 0],
      [3, 1],
    ]);
  });

  it('leaves nothing when one of its statements fails, whose error comes out as it was', async () => {
    for (const writes of [
      [insert(3), insert(1), plus(2)],
      [plus(2), insert(3), insert(1)],
      [insert(1), plus(2)],
    ]) {
      const failing = commit(...writes);
      await expect(failing).rejects.toBeInstanceOf(UniqueViolation);
      if (way.engine !== 'sqlite') await expect(failing).rejects.toMatchObject({ constraint: 'PRIMARY' });
    }
    await expect(commit(plus(1), { sql: 'INSERT INTO `nowhere` VALUES (1)', params: [] })).rejects.toThrow('nowhere');
    expect(await notes()).toEqual([
      [1, 0],
      [2, 0],
    ]);
    // The connection is as it was: each statement commits itself.
    await stack.database.execute('UPDATE `note` SET `text` = 5 WHERE `id` = 1');
    expect(await notes()).toContainEqual([1, 5]);
  });

  it('leaves nothing when a write that must match a row does not', async () => {
    await expect(commit(plus(1), plus(9), plus(2))).rejects.toBeInstanceOf(NoMatch);
    await expect(commit(insert(3), plus(9))).rejects.toBeInstanceOf(NoMatch);
    expect(await notes()).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });

  if (way.engine === 'sqlite') return;

  it('leaves nothing when a write matches fewer rows than it must', async () => {
    const all = (mustMatch: number): Write => ({ sql: 'UPDATE `note` SET `text` = 7', params: [], mustMatch });
    await expect(commit(insert(3), all(4))).rejects.toBeInstanceOf(NoMatch);
    expect(await notes()).toEqual([
      [1, 0],
      [2, 0],
    ]);
    await commit(insert(3), all(3));
    expect(await notes()).toEqual([1, 2, 3].map((id) => [id, 7]));
  });

  it('does not wait for a row that others hold, where that is asked for, and then leaves nothing', async () => {
    const { database } = stack;
    expect(database.commitsWithoutWaiting).toBe(way.engine === 'mariadb' && way.pipeline === 'on');
    if (!database.commitsWithoutWaiting) return;
    await other.database.transaction(async (theirs) => {
      await theirs.execute('UPDATE `note` SET `text` = 3 WHERE `id` = 2');
      const begun = performance.now();
      await expect(database.commit([plus(1), plus(2)], 'does not wait')).rejects.toBeInstanceOf(NoMatch);
      expect(performance.now() - begun).toBeLessThan(350);
      await database.commit([plus(1)], 'does not wait');
    });
    expect(await notes()).toEqual([
      [1, 1],
      [2, 3],
    ]);
    // For that one statement only.
    expect(await database.query('SELECT @@innodb_lock_wait_timeout AS `seconds`')).toEqual([{ seconds: 5 }]);
  });

  it('is run again as a whole after a deadlock', async () => {
    const retries: string[] = [];
    stack.database.onRetry = (failure) => retries.push(failure);
    const ours = await other.database.transaction(async (theirs) => {
      // More of a loss than ours: it is ours that is given up.
      const many = 'WITH RECURSIVE `n` AS (SELECT 1 AS `i` UNION ALL SELECT `i` + 1 FROM `n` WHERE `i` < 500)';
      await theirs.execute(`INSERT INTO \`note\` ${many} SELECT 100 + \`i\`, 0 FROM \`n\``);
      await theirs.execute('UPDATE `note` SET `text` = 10 WHERE `id` = 2');
      const running = commit(insert(3), plus(1), plus(2));
      const waiting = "SELECT 1 FROM `information_schema`.`innodb_trx` WHERE `trx_state` = 'LOCK WAIT'";
      while ((await theirs.query(waiting)).length === 0) await sleep(150);
      await theirs.execute('UPDATE `note` SET `text` = 10 WHERE `id` = 1');
      return [running];
    });
    await ours[0];
    expect(retries).toEqual(['retry']);
    expect((await notes()).slice(0, 3)).toEqual([
      [1, 11],
      [2, 11],
      [3, 0],
    ]);
  });

  it('leaves nothing when the server ends it, and nobody gets its connection', async () => {
    await expect(
      commit(insert(3), { sql: 'UPDATE `note` SET `text` = SLEEP(1)', params: [] }, insert(4)),
    ).rejects.toMatchObject({
      code: stack.database.commitsWithoutWaiting ? 'commit-outcome-unknown' : 'database-timeout',
    });
    // MySQL ends reads only: a write of which nobody hears any more goes on there, and holds its rows until it is over.
    await other.database.query('SELECT `id` FROM `note` FOR UPDATE');
    await commit(plus(1));
    expect(await notes()).toEqual([
      [1, 1],
      [2, 0],
    ]);
  });
});
