import type { SqlValue } from '../src/database/session.js';
import { startDatabase, type DatabaseStack } from './support/database-stack.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';

const WAYS = engines().flatMap((engine) =>
  (engine === 'sqlite' ? ['on'] : ['on', 'off']).map((pipeline) => ({ engine, pipeline })),
);
const INSERT = 'INSERT INTO `z` VALUES (?)';
/** Values that no engine can bind; each would do something else about it. */
const NO_VALUES: unknown[] = [undefined, {}, [1], new Date(0), () => 1, Symbol('s'), NaN, Infinity, -Infinity];

describe.each(WAYS)('a transaction is all or nothing, on $engine (pipeline $pipeline)', ({ engine, pipeline }) => {
  let fresh: TestDatabase;
  /** One connection: whatever is left on it, the next one gets. */
  let stack: DatabaseStack;
  let other: DatabaseStack;
  beforeAll(async () => {
    fresh = await freshDatabase(engine);
    stack = await startDatabase(fresh.url, { DATABASE_POOL: '1', DATABASE_PIPELINE: pipeline });
    other = await startDatabase(fresh.url);
    await other.database.execute('CREATE TABLE `z` (`n` INT PRIMARY KEY)');
  });
  beforeEach(() => other.database.execute('DELETE FROM `z`'));
  afterEach(() => expect(stack.database.usage().used).toBe(0));
  afterAll(async () => {
    await stack?.close();
    await other?.close();
    await fresh?.drop();
  });
  const rows = async () => (await other.database.query('SELECT `n` FROM `z` ORDER BY `n`')).map(({ n }) => n);
  const refused = (value: unknown) => [value as SqlValue];
  const ignore = () => undefined;

  it.each(NO_VALUES.map((value) => [typeof value === 'number' ? value : typeof value, value]))(
    'when its first statement was refused for a parameter that is none: %s',
    async (_name, value) => {
      const { database } = stack;
      const failing = database.transaction(async () => {
        await expect(database.execute(INSERT, refused(value))).rejects.toThrow(
          /^A parameter of a statement is no value: /,
        );
        await database.execute(INSERT, [1]);
        throw new Error('undo');
      });
      await expect(failing).rejects.toThrow('undo');
      expect(await rows()).toEqual([]);
      // Nor is anything lost of one that goes on.
      await database.transaction(async (transaction) => {
        await database.execute(INSERT, refused(value)).catch(ignore);
        await transaction
          .executeEach([
            { sql: INSERT, params: [1] },
            { sql: INSERT, params: refused(value) },
          ])
          .catch(ignore);
        await database.execute(INSERT, [2]);
      });
      expect(await rows()).toEqual([2]);
    },
  );

  it('wherever a parameter that is none is met', async () => {
    const { database } = stack;
    const words = 'A parameter of a statement is no value: undefined.';
    const writes = [
      { sql: INSERT, params: [3] },
      { sql: INSERT, params: refused(undefined) },
    ];
    await expect(database.commit(writes)).rejects.toThrow(words);
    await expect(database.execute(INSERT, refused(undefined))).rejects.toThrow(words);
    await expect(database.query('SELECT ? AS `x`', refused(undefined))).rejects.toThrow(words);
    await expect(database.queryQuick({ sql: 'SELECT ? AS `x`', params: refused(undefined) })).rejects.toThrow(words);
    expect(await rows()).toEqual([]);
  });

  it('when it is given too few parameters, or too many', async () => {
    const { database } = stack;
    // mysql2 alone drops those that are too many.
    for (const params of pipeline === 'on' ? [[], [1, 2]] : [[]]) {
      const failing = database.transaction(async () => {
        await expect(database.execute(INSERT, params)).rejects.toThrow(/param|arguments|malformed/i);
        await database.execute(INSERT, [4]);
        throw new Error('undo');
      });
      await expect(failing).rejects.toThrow('undo');
      await expect(database.execute(INSERT, params)).rejects.toThrow(/param|arguments|malformed/i);
      expect(await rows()).toEqual([]);
    }
    expect(await database.query('SELECT ? AS `a`', ['still there'])).toEqual([{ a: 'still there' }]);
  });

  it('when all of it is refused after a savepoint could not be undone', async () => {
    const { database } = stack;
    const failing = database.transaction(async (transaction) => {
      let release = () => {};
      const gate = new Promise<void>((resolve) => (release = resolve));
      let inner: Promise<unknown> | undefined;
      const outer = transaction.savepoint(async () => {
        inner = transaction.savepoint(() => gate.then(() => Promise.reject(new Error('undo')))).catch(ignore);
        await transaction.query('SELECT 1');
        throw new Error('undo');
      });
      await outer.catch(ignore);
      // Its savepoint went with the outer one: this row can't be taken back alone.
      await database.execute(INSERT, [5]);
      release();
      await inner;
    });
    await expect(failing).rejects.toThrow(/savepoint/i);
    expect(await rows()).toEqual([]);
  });
});
