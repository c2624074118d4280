import { Logger } from '@nestjs/common';
import { loadConfig, type Config } from '../../src/config/config.js';
import { DatabaseConnector } from '../../src/database/database.connector.js';
import { DatabaseProbe } from '../../src/database/database.probe.js';
import { DatabaseState } from '../../src/database/database-state.js';
import { Database } from '../../src/database/database.js';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { modules } from '../../src/modules/index.js';
import { schemaOf } from '../../src/schema.js';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DatabaseStack {
  readonly database: Database;
  readonly state: DatabaseState;
  readonly config: Config;
  close(): Promise<void>;
}

/** The database layer alone, as `DatabaseModule` wires it, connected and migrated. */
export async function startDatabase(
  url: string,
  env: Record<string, string> = {},
  entities: EntityTarget<ObjectLiteral>[] = [],
): Promise<DatabaseStack> {
  // There is no service whose log it would be.
  Logger.overrideLogger(false);
  const config = loadConfig({ DATABASE_URL: url, DATABASE_MIGRATE: 'always', ...env });
  const dataSource = new DataSource({
    ...dataSourceOptions(config.database),
    ...schemaOf(modules),
    entities,
  } as ConstructorParameters<typeof DataSource>[0]);
  const database = new Database(dataSource, config.database);
  const state = new DatabaseState();
  const connector = new DatabaseConnector(database, state, new DatabaseProbe(database, state, config), config);
  connector.onApplicationBootstrap();
  const close = async () => {
    await connector.onApplicationShutdown();
    if (dataSource.isInitialized) await dataSource.destroy();
  };
  for (const end = Date.now() + 15_000; !state.isReady; await sleep(5)) {
    if (Date.now() < end) continue;
    await close();
    throw new Error(`The database did not get ready: ${state.status}`);
  }
  return { database, state, config, close };
}
