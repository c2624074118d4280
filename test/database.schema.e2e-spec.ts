import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { createApp } from '../src/app.setup.js';
import { loadConfig } from '../src/config/config.js';
import { openDataSource } from '../src/database/data-source.js';
import { Portable } from '../src/database/migrations/portable.js';
import { Migrator } from '../src/database/migrator.js';
import { schemaDrift } from '../src/database/schema/schema-drift.js';
import { modules } from '../src/modules/index.js';
import { schemaOf } from '../src/schema.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { runBuilt } from './support/process.js';
import { WidgetModule } from './support/widget/widget.module.js';

const ALL = [...modules, WidgetModule];

/** Changes of `widget`: what is then said, and what the service can't work without. */
const CHANGES: [
  what: string,
  change: (portable: Portable) => Promise<void>,
  sentence: string,
  missing: string[] | null,
][] = [
  [
    'a column that is gone',
    (portable) => portable.dropField('widget', 'colour'),
    'widget.colour has no column',
    ['widget.colour'],
  ],
  [
    'a column of another type',
    (portable) => portable.changeField('widget', 'weight', { type: 'string', maxLength: 255, nullable: true }),
    'widget.weight is varchar(255), and is declared int',
    ['widget.weight'],
  ],
  [
    'a column with less room',
    (portable) => portable.changeField('widget', 'code', { type: 'string', maxLength: 39 }),
    'widget.code is varchar(39), and is declared varchar(40)',
    ['widget.code'],
  ],
  [
    'a column that must have a value',
    (portable) => portable.changeField('widget', 'due_at', { type: 'timestamp' }),
    'not null, and is declared',
    ['widget.due_at'],
  ],
  [
    'a column that nobody gives a value',
    async (portable) => {
      await portable.addField('widget', 'of_others', { type: 'integer', nullable: true });
      await portable.changeField('widget', 'of_others', { type: 'integer' });
    },
    'widget.of_others must have a value in the database, and is not declared',
    ['widget.of_others'],
  ],
  ['a table that is gone', (portable) => portable.dropResource('widget'), 'widget has no table', ['widget']],
  [
    'a column with more room',
    (portable) => portable.changeField('widget', 'secret', { type: 'text', nullable: true }),
    'widget.secret is mediumtext, and is declared varchar(100)',
    null,
  ],
  [
    'a wider number',
    (portable) => portable.changeField('widget', 'weight', { type: 'bigint', nullable: true }),
    'widget.weight is bigint, and is declared int',
    null,
  ],
  [
    'an index that is gone',
    (portable) => portable.dropIndex('widget', 'weight'),
    'widget.weight has no index ix_widget_weight',
    null,
  ],
  [
    'a unique constraint that is gone',
    (portable) => portable.dropUnique('widget', 'code'),
    'widget.code has no unique constraint uq_widget_code',
    null,
  ],
  [
    'a default that is gone',
    (portable) => portable.changeField('widget', 'fragile', { type: 'boolean' }),
    'without default, and is declared',
    null,
  ],
];

describe.each(engines())('a database on %s that is not what is declared', (engine) => {
  let fresh: TestDatabase;
  let dataSource: DataSource;
  let app: NestFastifyApplication | undefined;
  let warnings: string[];
  beforeEach(async () => {
    fresh = await freshDatabase(engine);
    dataSource = await openDataSource(loadConfig({ DATABASE_URL: fresh.url }).database, schemaOf(ALL));
    warnings = [];
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await dataSource.destroy();
    await fresh.drop();
  });

  /** The service, which leaves the schema alone. */
  const start = async (): Promise<void> => {
    const config = loadConfig({ DATABASE_URL: fresh.url, DATABASE_MIGRATE: 'never', PORT: '0' });
    const none = () => undefined;
    const warn = (line: unknown) => void warnings.push(JSON.stringify(line));
    app = await createApp(config, ALL, {
      logger: { log: none, error: none, debug: none, verbose: none, warn },
    });
    await app.listen(0, '127.0.0.1');
  };
  /** The text of `/health`, once it says so. */
  const database = async (isThat: (status: number, text: string) => boolean): Promise<string> => {
    for (const end = Date.now() + 15_000; ; await sleep(50)) {
      const answer = await fetch(`${await app!.getUrl()}/health`);
      const text = await answer.text();
      if (isThat(answer.status, text)) return text;
      if (Date.now() > end) throw new Error(`It went on to say ${text}`);
    }
  };
  const differs = () => warnings.filter((line) => line.includes('not what is declared'));

  it.each(CHANGES)(
    'has %s: it is named, and not ready where the service can not work with it',
    async (_what, change, sentence, missing) => {
      await new Migrator(dataSource).run();
      await change(new Portable(dataSource.createQueryRunner()));
      const lines = await schemaDrift(dataSource);
      expect(lines).toContainEqual(expect.stringContaining(sentence));
      // Nothing else is made of it: not by a change that only touches what stands beside it.
      expect(lines.filter((line) => !line.includes('widget'))).toEqual([]);
      await start();
      if (missing) {
        const text = await database((_status, body) => body.includes('schema-differs'));
        expect((JSON.parse(text) as { error: { database: object } }).error.database).toEqual({
          status: 'down',
          state: 'schema-differs',
          missing,
        });
      } else await database((status) => status === 200);
      expect(differs()).toEqual([expect.stringContaining(sentence)]);
    },
  );

  it('is what requests are told of that need what is missing, and no others', async () => {
    const ask = async (path: string, body?: object) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const { status, headers } = await fetch(`${await app!.getUrl()}${path}`, body && init);
      return { status, retryAfter: headers.get('retry-after') };
    };
    const away = { status: 503, retryAfter: '5' };
    const row = { name: 'x' };
    await start();
    await database((_status, text) => text.includes('schema-behind'));
    expect(await ask('/api/resource', row)).toEqual(away);
    await new Migrator(dataSource).run();
    await new Portable(dataSource.createQueryRunner()).dropField('widget', 'colour');
    await database((_status, text) => text.includes('schema-differs'));
    expect(await ask('/api/widget', { code: 'x' })).toEqual(away);
    expect(await ask('/api/widget')).toEqual(away);
    const portable = new Portable(dataSource.createQueryRunner());
    await portable.addField('widget', 'colour', { type: 'string', maxLength: 40, nullable: true });
    await portable.addField('widget', 'of_others', { type: 'integer', nullable: true });
    await portable.changeField('widget', 'of_others', { type: 'integer' });
    await database((_status, text) => text.includes('of_others'));
    expect(await ask('/api/widget')).toMatchObject({ status: 200 });
    expect(await ask('/api/widget', { code: 'x' })).toEqual(away);
    expect(await ask('/api/resource', row)).toMatchObject({ status: 201 });
  });

  it('is looked at again while it can not be worked with, and is told of once', async () => {
    await new Migrator(dataSource).run();
    const portable = new Portable(dataSource.createQueryRunner());
    await portable.dropField('widget', 'secret');
    await start();
    await database((_status, body) => body.includes('schema-differs'));
    await sleep(2_500);
    expect(differs()).toHaveLength(1);
    await portable.addField('widget', 'secret', { type: 'string', maxLength: 100, nullable: true });
    await database((status) => status === 200);
  });

  it('is not expected to be so before all migrations have run, and these are named', async () => {
    await start();
    await database((_status, body) => body.includes('schema-behind'));
    expect(differs()).toEqual([]);
    const names = schemaOf(ALL).migrations.map(({ name }) => name);
    expect(warnings.filter((line) => line.includes(names.join(', ')))).toHaveLength(1);
    await new Migrator(dataSource).run();
    await database((status) => status === 200);
  });

  it('is told by `migrate status`; `migrate revert` takes back what ran last', async () => {
    const env = { DATABASE_URL: fresh.url };
    const migrate = async (...args: string[]) => (await runBuilt('migrate.cli.js', env, args).ended).output;
    await migrate();
    await dataSource.query('DROP INDEX `ix_resource_name`' + (engine === 'sqlite' ? '' : ' ON `resource`'));
    expect(await migrate('status')).toMatch(/^differs {2}resource\.name has no index ix_resource_name$/m);
    await new Portable(dataSource.createQueryRunner()).addIndex('resource', 'name');
    const last = schemaOf(modules).migrations.at(-1)!.name;
    expect(await migrate('revert')).toBe(`Reverting ${last}\nReverted ${last}.\n`);
    expect(await migrate('status')).toMatch(new RegExp(`^pending  ${last}$`, 'm'));
  });

  const onServer = engine === 'sqlite' ? it.skip : it;
  onServer('is compared by an account that may only read it', async () => {
    await new Migrator(dataSource).run();
    const url = new URL(fresh.url);
    const name = url.pathname.slice(1);
    await dataSource.query(`CREATE USER '${name}'@'%' IDENTIFIED BY 'only-reads'`);
    await dataSource.query(`GRANT SELECT ON \`${name}\`.* TO '${name}'@'%'`);
    url.username = name;
    url.password = 'only-reads';
    const reader = await openDataSource(loadConfig({ DATABASE_URL: url.href }).database, schemaOf(ALL));
    expect(await schemaDrift(reader)).toEqual([]);
    await reader.query('SELECT 1');
    await reader.destroy();
    await dataSource.query(`DROP USER '${name}'@'%'`);
  });
});
