import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { modules } from '../src/modules/index.js';
import { schemaOf } from '../src/schema.js';
import { loadConfig } from '../src/config/config.js';
import { dataSourceOptions, initialize, openDataSource } from '../src/database/data-source.js';
import { MigrationLog } from '../src/database/migration-log.js';
import { Migrator, migrationNames } from '../src/database/migrator.js';
import { schemaDrift } from '../src/database/schema/schema-drift.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { runBuilt } from './support/process.js';

const CLI = 'migrate.cli.js';
const ID = { name: 'id', type: 'int', isPrimary: true };

describe.each(engines())('migrations on %s', (engine) => {
  let fresh: TestDatabase;
  const config = () => loadConfig({ DATABASE_URL: fresh.url }).database;
  beforeEach(async () => void (fresh = await freshDatabase(engine)));
  afterEach(() => fresh.drop());

  it('run once each when ten processes start at the same time', async () => {
    const runs = await Promise.all(Array.from({ length: 10 }, () => runBuilt(CLI, { DATABASE_URL: fresh.url }).ended));
    expect(runs.filter(({ code }) => code !== 0)).toEqual([]);
    const dataSource = await openDataSource(config(), schemaOf(modules));
    const names = migrationNames(dataSource);
    const ran = runs.flatMap(({ output }) => [...output.matchAll(/^Running (\w+)$/gm)].map(([, name]) => name));
    expect(ran.sort()).toEqual([...names].sort());
    expect(await new Migrator(dataSource).executed()).toEqual(names);
    expect(await schemaDrift(dataSource)).toEqual([]);
    await dataSource.destroy();
  }, 60_000);

  it('leave the schema alone when somebody only asks', async () => {
    const { code, output } = await runBuilt('migrate.cli.js', { DATABASE_URL: 'nonsense' }).ended;
    expect({ code, leaks: output.includes('nonsense') }).toEqual({ code: 78, leaks: false });
    const dataSource = await openDataSource(config(), schemaOf(modules));
    expect(await new Migrator(dataSource).pending()).toEqual(migrationNames(dataSource));
    expect(await dataSource.createQueryRunner().hasTable('plinth_migration')).toBe(false);
    await dataSource.destroy();
  });

  it('that fail are recorded nowhere, stop the ones after them, and run when they are mended', async () => {
    let isMended = false;
    class Half1900000000000 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        await runner.createTable(new Table({ name: 'half_a', columns: [ID] }), true);
        if (!isMended) throw new Error('in the middle');
        await runner.createTable(new Table({ name: 'half_b', columns: [ID] }), true);
      }
      async down(): Promise<void> {}
    }
    class After1900000000001 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        await runner.createTable(new Table({ name: 'after', columns: [ID] }), true);
      }
      async down(): Promise<void> {}
    }
    const migrations = [Half1900000000000, After1900000000001];
    const dataSource = new DataSource({ ...dataSourceOptions(config()), migrations });
    await initialize(dataSource, config());
    await expect(new Migrator(dataSource).run()).rejects.toThrow('in the middle');
    expect(await new Migrator(dataSource).pending()).toEqual(migrations.map(({ name }) => name));
    expect(await dataSource.createQueryRunner().hasTable('after')).toBe(false);
    // MySQL and MariaDB commit at each DDL statement; SQLite takes the half back.
    if (engine === 'sqlite') expect(await dataSource.createQueryRunner().hasTable('half_a')).toBe(false);
    isMended = true;
    // Another runner, and at once: the failed one has given the lease back.
    expect(await new Migrator(dataSource).run()).toEqual(migrations.map(({ name }) => name));
    expect(await dataSource.createQueryRunner().hasTable('half_b')).toBe(true);
    await dataSource.destroy();
  });

  it('that fail in the middle say the first error first, whatever a later attempt fails at', async () => {
    class Halves1900000000000 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        await runner.query('ALTER TABLE `half` ADD COLUMN `code` INT NULL');
        await runner.query('CREATE UNIQUE INDEX `uq_half_same` ON `half` (`same`)');
      }
      async down(): Promise<void> {}
    }
    const dataSource = new DataSource({ ...dataSourceOptions(config()), migrations: [Halves1900000000000] });
    await initialize(dataSource, config());
    await dataSource.query('CREATE TABLE `half` (`id` INT PRIMARY KEY, `same` INT)');
    await dataSource.query('INSERT INTO `half` VALUES (1, 7), (2, 7)');
    const run = () =>
      new Migrator(dataSource).run().then(
        () => '',
        (error: unknown) => (error as Error).message,
      );
    // The value, which may be somebody's, is not repeated: the statement says what failed.
    const first = /Halves1900000000000: .*(Duplicate entry '…'|UNIQUE constraint failed).*uq_half_same/;
    expect(await run()).toMatch(engine === 'sqlite' ? /^Halves1900000000000: .*UNIQUE/ : first);
    for (let again = 0; again < 3; again++) {
      const message = await run();
      if (engine === 'sqlite') expect(message).toMatch(/UNIQUE/);
      else {
        expect(message).toMatch(
          /^Halves1900000000000: Duplicate column name '…', in: .*`code`.*Failed before, begun at .*Duplicate entry '…'.*mend the first error/,
        );
        // Each error once, however often it is met.
        expect(message.match(/Failed before/g)!.length).toBe(again === 0 ? 1 : 2);
      }
    }
    expect((await new Migrator(dataSource).failures('Halves1900000000000')).length).toBe(engine === 'sqlite' ? 0 : 2);
    if (engine !== 'sqlite') await dataSource.query('ALTER TABLE `half` DROP COLUMN `code`');
    await dataSource.query('DELETE FROM `half` WHERE `id` = 2');
    expect(await run()).toBe('');
    expect(await new Migrator(dataSource).failures('Halves1900000000000')).toEqual([]);
    await dataSource.destroy();
  });

  it('can not be recorded by a runner that was held up while another one took over', async () => {
    class Slow1900000000000 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        // On the runner's own connection: SQLite has no other that could write now.
        await runner.query("UPDATE `plinth_lease` SET `holder` = 'the other one'");
      }
      async down(): Promise<void> {}
    }
    const dataSource = new DataSource({
      ...dataSourceOptions(config()),
      migrations: [Slow1900000000000],
    });
    await initialize(dataSource, config());
    await expect(new Migrator(dataSource).run()).rejects.toThrow('taken over');
    expect(await new MigrationLog(dataSource).executed()).toEqual([]);
    await dataSource.destroy();
  });

  it('that make a table anew keep its rows, its indexes and its defaults', async () => {
    const dataSource = await openDataSource(config(), schemaOf(modules));
    const all = dataSource.migrations;
    const at = all.findIndex(({ constructor }) => constructor.name.startsWith('ResourceWithoutRowid'));
    const runner = dataSource.createQueryRunner();
    for (const migration of all.slice(0, at)) await migration.up(runner);
    const insert = 'INSERT INTO `resource` (`id`, `name`, `version`) VALUES (?, ?, ?)';
    for (const [n, name] of ['a', 'ä', "it's"].entries()) await runner.query(insert, [`row-${n}`, name, n + 1]);
    const rows = (await runner.query('SELECT * FROM `resource` ORDER BY `id`')) as unknown[];
    for (const migration of all.slice(at)) await migration.up(runner);
    expect(await schemaDrift(dataSource)).toEqual([]);
    expect(await runner.query('SELECT * FROM `resource` ORDER BY `id`')).toEqual(rows);
    await runner.query('INSERT INTO `resource` (`id`, `name`) VALUES (?, ?)', ['later', 'x']);
    const [later] = await runner.query('SELECT * FROM `resource` WHERE `id` = ?', ['later']);
    expect(later).toMatchObject({ version: 1, deleted_at: null, created_at: expect.anything() });
    const isWithoutRowid = async () => (await runner.getTable('resource'))!.withoutRowid;
    expect(await isWithoutRowid()).toBe(engine === 'sqlite');
    await all[at]!.down(runner);
    expect(await isWithoutRowid()).toBe(false);
    expect(await runner.query('SELECT `id` FROM `resource`')).toHaveLength(rows.length + 1);
    expect(await runner.query("SELECT * FROM `resource` WHERE `id` <> 'later' ORDER BY `id`")).toEqual(rows);
    await dataSource.destroy();
  });

  it('may know tables and indexes that no entity does; a column that differs is told', async () => {
    const dataSource = await openDataSource(config(), schemaOf(modules));
    await new Migrator(dataSource).run();
    await dataSource.query('CREATE TABLE `by_hand` (`id` INT PRIMARY KEY)');
    await dataSource.query('CREATE INDEX `ix_by_hand` ON `resource` (`updated_at`)');
    expect(await schemaDrift(dataSource)).toEqual([]);
    if (engine !== 'sqlite') {
      await dataSource.query('ALTER TABLE `resource` MODIFY `name` VARCHAR(255) COLLATE utf8mb4_general_ci NOT NULL');
      expect(await schemaDrift(dataSource)).toEqual([
        expect.stringMatching(
          /^resource.name is varchar\(255\) collate utf8mb4_general_ci, and is declared varchar\(255\) collate utf8mb4_(nopad_bin|0900_bin)$/,
        ),
      ]);
    }
    await dataSource.destroy();
  });

  const onServer = engine === 'sqlite' ? it.skip : it;
  onServer(
    'are taken over from a runner that is killed in the middle of one',
    async () => {
      const dataSource = await openDataSource({ ...config(), statementTimeoutMs: 60_000 }, schemaOf(modules));
      await new MigrationLog(dataSource).create();
      // The runner makes its first table, and then can't record it.
      const blocker = dataSource.createQueryRunner();
      await blocker.query('LOCK TABLES `plinth_migration` READ');
      const killed = runBuilt(CLI, { DATABASE_URL: fresh.url });
      const [first] = migrationNames(dataSource);
      const isStuck = async (): Promise<boolean> => {
        const sql =
          "SELECT COUNT(*) AS `n` FROM `information_schema`.`processlist` WHERE `db` = DATABASE() AND `info` LIKE 'INSERT INTO `plinth_migration`%'";
        return Number((await dataSource.query<{ n: string }[]>(sql))[0]!.n) > 0;
      };
      for (const end = Date.now() + 9_000; !(await isStuck()); await sleep(20)) {
        if (Date.now() > end) throw new Error(`The runner did not get that far: ${killed.output()}`);
      }
      expect(killed.output()).toContain(`Running ${first}`);
      killed.child.kill('SIGKILL');
      await killed.ended;
      const { output: status } = await runBuilt(CLI, { DATABASE_URL: fresh.url }, ['status']).ended;
      expect(status).toMatch(new RegExp(`^failed   ${first}, begun at \\S+, cut off in the middle$`, 'm'));
      await blocker.query('UNLOCK TABLES');
      await blocker.release();

      const next = runBuilt(CLI, { DATABASE_URL: fresh.url });
      await sleep(1_500);
      expect(next.output()).toBe(''); // waits: the lease of the killed one still runs
      await dataSource.query('UPDATE `plinth_lease` SET `expires_at` = `expires_at` - 15000');
      expect((await next.ended).code).toBe(0);
      expect(await new Migrator(dataSource).executed()).toEqual(migrationNames(dataSource));
      expect(await schemaDrift(dataSource)).toEqual([]);
      await dataSource.destroy();
    },
    60_000,
  );
});
