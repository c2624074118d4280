import { setTimeout as sleep } from 'node:timers/promises';
import { modules } from '../src/modules/index.js';
import { schemaOf } from '../src/schema.js';
import { loadConfig } from '../src/config/config.js';
import { openDataSource } from '../src/database/data-source.js';
import { Migrator } from '../src/database/migrator.js';
import { schemaDrift } from '../src/database/schema/schema-drift.js';
import { UniqueViolation } from '../src/database/sql-errors.js';
import { DomainError } from '../src/problems/domain-error.js';
import { startApp, type TestApp } from './support/app.js';
import { engines, freshDatabase } from '../src/testing/database.js';

const INSERT = 'INSERT INTO `resource` (`id`, `name`) VALUES (?, ?)';

describe.each(engines())('database on %s', (engine) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(engine);
  });
  afterAll(() => test.close());
  const ids = async (prefix: string) =>
    (
      await test.database.query<{ id: string }>('SELECT `id` FROM `resource` WHERE `id` LIKE ? ORDER BY `id`', [
        `${prefix}%`,
      ])
    ).map(({ id }) => id);

  it('keeps what was acknowledged and nothing of what was rolled back, with 50 transactions and plain writes at once', async () => {
    const { database } = test;
    const work = Array.from({ length: 50 }, async (_, n) => {
      const transaction = database.transaction(async () => {
        await database.execute(INSERT, [`tx-${n}-a`, 'a']);
        await sleep(Math.random() * 5);
        await database.execute(INSERT, [`tx-${n}-b`, 'b']);
        if (n % 2 === 1) throw new Error('half of them');
      });
      const [outcome] = await Promise.allSettled([transaction, database.execute(INSERT, [`plain-${n}`, 'p'])]);
      return outcome.status;
    });
    const outcomes = await Promise.all(work);
    expect(outcomes).toEqual(Array.from({ length: 50 }, (_, n) => (n % 2 === 1 ? 'rejected' : 'fulfilled')));
    const expected = Array.from({ length: 25 }, (_, n) => [`tx-${2 * n}-a`, `tx-${2 * n}-b`]).flat();
    expect(await ids('tx-')).toEqual(expected.sort());
    expect(await ids('plain-')).toHaveLength(50);
  });

  it('shows nobody what is not committed', async () => {
    const { database } = test;
    await database.transaction(async () => {
      await database.execute(INSERT, ['dirty', 'x']);
      const outside = await new Promise((resolve) => setImmediate(resolve)).then(() => ids('dirty'));
      expect(outside).toEqual(['dirty']);
    });
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const transaction = database.transaction(async () => {
      await database.execute(INSERT, ['unseen', 'x']);
      await gate;
    });
    await sleep(20);
    const seen = await ids('unseen');
    release();
    await transaction;
    expect(seen).toEqual([]);
    expect(await ids('unseen')).toEqual(['unseen']);
  });

  it('undoes a savepoint alone, a dry run whole, and joins transactions that are inside of others', async () => {
    const { database } = test;
    const called: string[] = [];
    await database.transaction(async (transaction) => {
      transaction.onEnd((isCommitted) => called.push(`outer ${isCommitted}`));
      await database.execute(INSERT, ['sp-1', 'x']);
      await transaction.savepoint(() => database.execute(INSERT, ['sp-1', 'x'])).catch(() => undefined);
      await expect(
        transaction.savepoint(async () => {
          await database.execute(INSERT, ['sp-2', 'x']);
          throw new Error('undo');
        }),
      ).rejects.toThrow('undo');
      await database.transaction(() => database.execute(INSERT, ['sp-3', 'x']));
    });
    await database.transaction(
      async (transaction) => {
        transaction.onEnd((isCommitted) => called.push(`dry ${isCommitted}`));
        await database.execute(INSERT, ['sp-4', 'x']);
      },
      { rollback: true },
    );
    expect(await ids('sp-')).toEqual(['sp-1', 'sp-3']);
    expect(called).toEqual(['outer true', 'dry false']);
  });

  it('tells a unique clash from everything else', async () => {
    await test.database.execute(INSERT, ['twice', 'x']);
    await expect(test.database.execute(INSERT, ['twice', 'x'])).rejects.toBeInstanceOf(UniqueViolation);
    await expect(test.database.query('SELECT `nope` FROM `resource`')).rejects.not.toBeInstanceOf(DomainError);
  });

  it('takes a question mark for a parameter only where it is one', async () => {
    const sql = "SELECT '?''?' AS `a?`, ? AS `b`, ? + 1 AS `c` WHERE 1 IN (?, ?)";
    expect(await test.database.query(sql, ['?', 2, 0, 1])).toEqual([{ 'a?': "?'?", b: '?', c: 3 }]);
  });

  it('refuses a statement of a transaction that has ended', async () => {
    let late: Promise<unknown> = Promise.resolve();
    await test.database.transaction(async (transaction) => {
      late = sleep(10).then(() => transaction.execute(INSERT, ['late', 'x']));
    });
    await expect(late).rejects.toThrow('not awaited');
    expect(await ids('late')).toEqual([]);
  });

  it('has the schema of the entities, made by the migrations alone', async () => {
    const fresh = await freshDatabase(engine);
    const dataSource = await openDataSource(loadConfig({ DATABASE_URL: fresh.url }).database, schemaOf(modules));
    expect(await schemaDrift(dataSource)).not.toEqual([]);
    await new Migrator(dataSource).run();
    expect(await schemaDrift(dataSource)).toEqual([]);
    for (const migration of [...dataSource.migrations].reverse()) await migration.down(dataSource.createQueryRunner());
    expect(await schemaDrift(dataSource)).not.toEqual([]);
    await dataSource.destroy();
    await fresh.drop();
  });

  it('has the table that the specification names', async () => {
    const table = await test.database.dataSource.createQueryRunner().getTable('resource');
    const columns = Object.fromEntries(table!.columns.map((column) => [column.name, column]));
    expect(columns.id).toMatchObject({ type: 'varchar', length: '36', isPrimary: true });
    expect(columns.name).toMatchObject({ type: 'varchar', length: '255', isNullable: false });
    expect(columns.created_at).toMatchObject({ type: 'timestamp', isNullable: false });
    await test.database.execute(INSERT, ['by-hand', 'x']);
    const answer = await fetch(`${test.origin}/api/resource?id=by-hand`);
    const { data } = (await answer.json()) as { data: { created_at: string } };
    expect(Math.abs(Date.parse(data.created_at) - Date.now())).toBeLessThan(5_000);
  });

  it('runs each migration once when ten runners start at the same time', async () => {
    const fresh = await freshDatabase(engine);
    const config = loadConfig({ DATABASE_URL: fresh.url }).database;
    const sources = await Promise.all(Array.from({ length: 10 }, () => openDataSource(config, schemaOf(modules))));
    const runs = await Promise.all(sources.map((source) => new Migrator(source).run()));
    expect(runs.flat().sort()).toEqual(sources[0]!.migrations.map((migration) => migration.constructor.name).sort());
    await Promise.all(sources.map((source) => source.destroy()));
    await fresh.drop();
  });

  it('takes over from a runner that was killed, and waits for one that lives', async () => {
    const fresh = await freshDatabase(engine);
    const dataSource = await openDataSource(loadConfig({ DATABASE_URL: fresh.url }).database, schemaOf(modules));
    await dataSource.query(
      'CREATE TABLE `plinth_lease` (`name` VARCHAR(40) PRIMARY KEY, `holder` VARCHAR(36) NULL, `expires_at` BIGINT NOT NULL)',
    );
    await dataSource.query("INSERT INTO `plinth_lease` VALUES ('migration', 'the killed one', ?)", [Date.now() + 700]);
    const begun = Date.now();
    const done = await new Migrator(dataSource).run();
    expect(done).not.toEqual([]);
    expect(Date.now() - begun).toBeGreaterThan(500);
    await dataSource.destroy();
    await fresh.drop();
  });
});
