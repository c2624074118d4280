import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlValue, Transaction } from '../src/database/session.js';
import { startDatabase, type DatabaseStack } from './support/database-stack.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';

const [, server] = engines();
const whenServer = server === undefined ? describe.skip : describe;

whenServer('connections to a server', () => {
  let fresh: TestDatabase;
  let stack: DatabaseStack;
  /** Has connections of its own, to look and to kill with. */
  let other: DatabaseStack;

  beforeAll(async () => {
    fresh = await freshDatabase(server!);
    // One connection: who gets it next gets what the one before left behind.
    stack = await startDatabase(fresh.url, {
      DATABASE_POOL: '1',
      DATABASE_STATEMENT_MS: '400',
      DATABASE_WATCHDOG_MS: '100',
    });
    other = await startDatabase(fresh.url);
    await other.database.execute('CREATE TABLE `note` (`id` INT PRIMARY KEY, `text` VARCHAR(20) NOT NULL)');
  });
  beforeEach(() => other.database.execute('DELETE FROM `note`'));
  afterAll(async () => {
    await stack.close();
    await other.close();
    await fresh.drop();
  });

  const idOf = async (transaction: Transaction) =>
    (await transaction.query<{ id: number }>('SELECT CONNECTION_ID() AS `id`'))[0]!.id;
  const notes = async () =>
    (await other.database.query<{ id: number }>('SELECT `id` FROM `note` ORDER BY `id`')).map(({ id }) => id);
  const insert = (id: number) => stack.database.execute('INSERT INTO `note` VALUES (?, ?)', [id, 'x']);
  const signal = (errno: number) => `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}`;

  it('that are lost before COMMIT let the whole transaction run again, once', async () => {
    let runs = 0;
    await stack.database.transaction(async (transaction) => {
      await insert(1);
      if (++runs === 1) await other.database.execute(`KILL CONNECTION ${await idOf(transaction)}`);
      await insert(2);
    });
    expect(runs).toBe(2);
    expect(await notes()).toEqual([1, 2]);
  });

  it('that are lost between the last statement and COMMIT do so too, as nothing was sent', async () => {
    let runs = 0;
    await stack.database.transaction(async (transaction) => {
      await insert(3);
      if (++runs > 1) return;
      await other.database.execute(`KILL CONNECTION ${await idOf(transaction)}`);
      await sleep(50);
    });
    expect(runs).toBe(2);
    expect(await notes()).toEqual([3]);
  });

  it.each([
    [1290, 'read-only'],
    [1792, 'read-only'],
    [1836, 'read-only'],
    [1047, 'database-unavailable'],
  ])('are not used again after error %d', async (errno, code) => {
    let before: number | undefined;
    const failing = stack.database.transaction(async (transaction) => {
      before = await idOf(transaction);
      await transaction.query(signal(errno));
    });
    await expect(failing).rejects.toMatchObject({ code });
    expect(await stack.database.transaction(idOf)).not.toBe(before);
  });

  it('carry nothing of a transaction that failed with another error', async () => {
    let before: number | undefined;
    const failing = stack.database.transaction(async (transaction) => {
      before = await idOf(transaction);
      await insert(4);
      await transaction.query(signal(1021));
    });
    await expect(failing).rejects.toMatchObject({ code: 'storage-full' });
    expect(await stack.database.transaction(idOf)).toBe(before);
    await insert(5);
    expect(await notes()).toEqual([5]);
  });

  it('are not cut for a parameter that the driver refuses', async () => {
    await expect(stack.database.query('SELECT ? AS `x`', [undefined as unknown as SqlValue])).rejects.toThrow();
    let runs = 0;
    await stack.database.transaction(async (transaction) => {
      runs++;
      const before = await idOf(transaction);
      await sleep(700); // longer than the watchdog's whole time
      expect(await idOf(transaction)).toBe(before);
    });
    expect(runs).toBe(1); // a cut connection would have had it run again
  });

  it('tell matched rows, changed or not', async () => {
    await insert(6);
    expect(await stack.database.execute("UPDATE `note` SET `text` = 'x' WHERE `id` = 6")).toBe(1);
  });
});
