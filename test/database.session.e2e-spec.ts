import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../src/config/config.js';
import { openDataSource } from '../src/database/data-source.js';
import { Migrator } from '../src/database/migrator.js';
import { startDatabase, type DatabaseStack } from './support/database-stack.js';
import { freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { mariadbBinary, ThrowAwayMariadb } from '../src/testing/mariadb.js';

const whenOwnServer = mariadbBinary() === undefined ? describe.skip : describe;

whenOwnServer('a server whose sessions begin with autocommit off', () => {
  let own: ThrowAwayMariadb;
  let fresh: TestDatabase;
  let stack: DatabaseStack;
  beforeAll(async () => {
    own = await ThrowAwayMariadb.start();
    fresh = await freshDatabase('mariadb', own.url);
    // The set-up of the service itself, and nothing of ours, has to turn it on.
    const setUp = await openDataSource(loadConfig({ DATABASE_URL: fresh.url }).database, {});
    await setUp.query("SET GLOBAL autocommit = 0, GLOBAL log_output = 'TABLE', GLOBAL general_log = 1");
    await setUp.destroy();
    stack = await startDatabase(fresh.url);
  }, 60_000);
  afterAll(async () => {
    await stack?.close();
    await own?.stop();
  });

  const open = 'SELECT COUNT(*) AS `n` FROM `information_schema`.`innodb_trx`';

  it('keeps what is written, and no transaction open: neither the pool nor the probe', async () => {
    const { database } = stack;
    expect(await database.query('SELECT @@autocommit AS `on`')).toEqual([{ on: 1 }]);
    await database.execute("INSERT INTO `resource` (`id`, `name`) VALUES ('kept', 'x')");
    // The probe looks every two seconds.
    await sleep(2_500);
    expect(stack.state.isReady).toBe(true);
    expect(await database.query(open)).toEqual([{ n: 0 }]);
    const other = await openDataSource(stack.config.database, {});
    expect(await other.query("SELECT `id` FROM `resource` WHERE `id` = 'kept'")).toEqual([{ id: 'kept' }]);
    await other.query('ALTER TABLE `plinth_migration` COMMENT = ?', ['nobody is in the way']);
    expect(await new Migrator(other).run()).toEqual([]);
    await other.destroy();
  });

  it('is asked whether it can be written to in a query of its own, which Vitess understands', async () => {
    const sql =
      "SELECT DISTINCT `argument` FROM `mysql`.`general_log` WHERE `argument` LIKE '%@@read_only%' AND `argument` NOT LIKE '%general_log%'";
    expect((await stack.database.query(sql)).map(({ argument }) => String(argument))).toEqual([
      'SELECT @@read_only AS `read_only`',
    ]);
  });

  it('has no room for one more prepared statement: 503, and then it goes on', async () => {
    const { database } = stack;
    const limit = async (count: number) => {
      const other = await openDataSource(stack.config.database, {});
      await other.query(`SET GLOBAL max_prepared_stmt_count = ${count}`);
      await other.destroy();
    };
    await limit(0);
    await expect(database.query('SELECT 1 AS `never prepared before`')).rejects.toMatchObject({
      code: 'database-busy',
    });
    await limit(16_000);
    expect(await database.query('SELECT 1 AS `never prepared before`')).toEqual([{ 'never prepared before': 1 }]);
  });
});
