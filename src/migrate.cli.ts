import { ConfigError } from './config/config.js';
import { readConfig } from './config/environment.js';
import { openDataSource } from './database/data-source.js';
import { Migrator } from './database/migrator.js';
import { schemaDrift } from './database/schema/schema-drift.js';
import { modules } from './modules/index.js';
import { schemaOf } from './schema.js';

/**
 * `npm run migrate` runs what is pending; `npm run migrate -- revert` takes the last one back; `npm run migrate:status` lists
 * what was run, what is pending, and where the database is not what is declared.
 */
async function main(): Promise<void> {
  const { database } = readConfig();
  // A migration may take as long as it takes: the limits of requests are not for it.
  const dataSource = await openDataSource({ ...database, statementTimeoutMs: 86_400_000 }, schemaOf(modules));
  try {
    const migrator = new Migrator(dataSource);
    if (process.argv[2] === 'status') {
      for (const name of await migrator.executed()) console.log(`done     ${name}`);
      const pending = await migrator.pending();
      for (const name of pending) console.log(`pending  ${name}`);
      // Until all have run, the database can't be what is declared.
      if (pending.length === 0) for (const line of await schemaDrift(dataSource)) console.log(`differs  ${line}`);
      return;
    }
    if (process.argv[2] === 'revert') {
      const name = await migrator.revert((line) => console.log(line));
      console.log(name === undefined ? 'Nothing to revert.' : `Reverted ${name}.`);
      return;
    }
    const done = await migrator.run((line) => console.log(line));
    console.log(done.length === 0 ? 'Nothing to do.' : `Ran ${done.length} migration${done.length === 1 ? '' : 's'}.`);
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
});
