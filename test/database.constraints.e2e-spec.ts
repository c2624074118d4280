import { DomainError } from '../src/problems/domain-error.js';
import { problemBody } from '../src/problems/problem.js';
import type { Engine } from '../src/database/session.js';
import { startDatabase, type DatabaseStack } from './support/database-stack.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';

const SHELF = 'CREATE TABLE `shelf` (`id` INT PRIMARY KEY)';
const BOOK =
  'CREATE TABLE `book` (`id` INT PRIMARY KEY, `heading` VARCHAR(40) NOT NULL, `isbn` VARCHAR(20) NULL, `pages` INT NOT NULL, ' +
  '`shelf` INT NULL, CONSTRAINT `uq_secret` UNIQUE (`isbn`), CONSTRAINT `ck_secret` CHECK (`pages` > 0), ' +
  'CONSTRAINT `fk_secret` FOREIGN KEY (`shelf`) REFERENCES `shelf` (`id`))';
const trigger = (engine: Engine) =>
  engine === 'sqlite'
    ? "CREATE TRIGGER `tr_secret` BEFORE DELETE ON `book` BEGIN SELECT RAISE(ABORT, 'secret words'); END"
    : "CREATE TRIGGER `tr_secret` BEFORE DELETE ON `book` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'secret words'";

const book = 'INSERT INTO `book` (`id`, `heading`, `isbn`, `pages`, `shelf`) VALUES (?, ?, ?, ?, ?)';
/** Each breaks one constraint. */
const BROKEN = [
  ['PRIMARY KEY', book, [1, 'a', null, 1, null], 'already-exists', 409],
  ['UNIQUE', book, [2, 'a', 'one', 1, null], 'already-exists', 409],
  ['UNIQUE, changed', 'UPDATE `book` SET `isbn` = ? WHERE `id` = 9', ['one'], 'already-exists', 409],
  ['FOREIGN KEY', book, [2, 'a', null, 1, 77], 'reference-violated', 409],
  ['FOREIGN KEY, changed', 'UPDATE `book` SET `shelf` = ? WHERE `id` = 1', [77], 'reference-violated', 409],
  ['FOREIGN KEY, from the other end', 'DELETE FROM `shelf` WHERE `id` = ?', [1], 'reference-violated', 409],
  ['CHECK', book, [2, 'a', null, 0, null], 'constraint-violated', 422],
  ['CHECK, changed', 'UPDATE `book` SET `pages` = ? WHERE `id` = 1', [-1], 'constraint-violated', 422],
  ['NOT NULL', book, [2, null, null, 1, null], 'constraint-violated', 422],
  ['NOT NULL, changed', 'UPDATE `book` SET `heading` = ? WHERE `id` = 1', [null], 'constraint-violated', 422],
  ['NOT NULL without a default', 'INSERT INTO `book` (`id`, `pages`) VALUES (?, 1)', [2], 'constraint-violated', 422],
  ['a trigger', 'DELETE FROM `book` WHERE `id` = ?', [1], 'constraint-violated', 422],
] as const;

describe.each(engines())('what a constraint of the database refuses, on %s', (engine) => {
  let fresh: TestDatabase;
  let stack: DatabaseStack;
  beforeAll(async () => {
    fresh = await freshDatabase(engine);
    stack = await startDatabase(fresh.url);
    const { database } = stack;
    for (const sql of [SHELF, BOOK]) await database.execute(sql);
    await database.execute('INSERT INTO `shelf` VALUES (1)');
    await database.execute(book, [1, 'a', 'one', 1, 1]);
    await database.execute(book, [9, 'a', null, 1, null]);
    await database.dataSource.query(trigger(engine));
  });
  afterAll(async () => {
    await stack?.close();
    await fresh?.drop();
  });

  it.each(BROKEN)('%s', async (_name, sql, params, code, status) => {
    const { database } = stack;
    const refusal = async (run: () => Promise<unknown>) => {
      const error = await run().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(DomainError);
      const body = problemBody(error as DomainError, '0'.repeat(32));
      expect(body).toMatchObject({ code, status });
      expect(JSON.stringify(body)).not.toMatch(/secret|book|shelf|isbn|heading|pages|INSERT|UPDATE/i);
    };
    await refusal(() => database.execute(sql, params));
    await refusal(() => database.commit([{ sql, params }]));
    await refusal(() => database.transaction((transaction) => transaction.execute(sql, params)));
    await refusal(() => database.transaction((transaction) => transaction.executeAll([{ sql, params }])));
    // One who goes on keeps what they did.
    await database.transaction(async (transaction) => {
      await transaction.execute(sql, params).catch(() => undefined);
      await transaction.execute('UPDATE `book` SET `pages` = `pages` + 1 WHERE `id` = 9');
    });
  });

  it('all of them were refused', async () => {
    const [row] = await stack.database.query<{ n: number }>('SELECT COUNT(*) AS `n` FROM `book`');
    expect(row!.n).toBe(2);
    expect(await stack.database.query('SELECT `pages` FROM `book` WHERE `id` = 9')).toEqual([
      { pages: 1 + BROKEN.length },
    ]);
  });

  it('a deferred one as well, which is refused at COMMIT', async () => {
    if (engine !== 'sqlite') return;
    const { database } = stack;
    await database.execute('CREATE TABLE `late` (`shelf` INT REFERENCES `shelf` (`id`) DEFERRABLE INITIALLY DEFERRED)');
    const failing = database.transaction((transaction) => transaction.execute('INSERT INTO `late` VALUES (77)'));
    await expect(failing).rejects.toMatchObject({ code: 'reference-violated' });
    expect(await database.query('SELECT * FROM `late`')).toEqual([]);
  });
});
