import Sqlite from 'better-sqlite3';
import { DataSource, type DataSourceOptions, type EntityTarget, type ObjectLiteral } from 'typeorm';
import type { DatabaseConfig } from '../config/config.js';
import { SQLITE_NOW } from './instant.js';
import { migrations } from './migrations.js';
import { mysqlDriver } from './mysql.driver.js';

/** What TypeORM needs to know of the configured database. */
export function dataSourceOptions(config: DatabaseConfig): DataSourceOptions {
  const shared = { migrations, migrationsTableName: 'plinth_migration', synchronize: false, logging: false } as const;
  if (config.kind === 'sqlite') {
    const prepareDatabase = (connection: Sqlite.Database) => void connection.pragma('synchronous = FULL');
    return { ...shared, type: 'better-sqlite3', database: sqlitePath(config.url), driver: Sqlite, enableWAL: true, prepareDatabase };
  }
  return {
    ...shared,
    type: config.kind,
    // Both schemes are the same to mysql2, which only knows the one.
    url: config.url.replace(/^mariadb:/, 'mysql:'),
    driver: mysqlDriver(config),
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: config.connectTimeoutMs,
    poolSize: config.poolSize,
    extra: { maxPreparedStatements: 500, queueLimit: config.queueLimit, enableKeepAlive: true },
  };
}

export function sqlitePath(url: string): string {
  return url.slice('sqlite:'.length);
}

/** For commands: a data source of its own, connected. */
export async function openDataSource(config: DatabaseConfig, entities: EntityTarget<ObjectLiteral>[] = []): Promise<DataSource> {
  const dataSource = new DataSource({ ...dataSourceOptions(config), entities } as DataSourceOptions);
  await initialize(dataSource, config);
  return dataSource;
}

/** @throws WrongEngineError when the URL names another kind of server than the one that answers */
export async function initialize(dataSource: DataSource, config: DatabaseConfig): Promise<void> {
  if (config.kind === 'sqlite') {
    // TypeORM does not list the type for SQLite, which takes any; values are text (see instant.ts).
    if (!dataSource.driver.supportedDataTypes.includes('timestamp')) dataSource.driver.supportedDataTypes.push('timestamp', 'mediumtext');
    await dataSource.initialize();
    useSqliteClock(dataSource);
    return;
  }
  await dataSource.initialize();
  const [row] = await dataSource.query<{ version: string }[]>('SELECT VERSION() AS `version`');
  const kind = /mariadb/i.test(row?.version ?? '') ? 'mariadb' : 'mysql';
  if (kind !== config.kind) {
    await dataSource.destroy();
    throw new WrongEngineError(`DATABASE_URL says ${config.kind}, but the server is ${kind === 'mysql' ? 'MySQL' : 'MariaDB'}.`);
  }
}

/** A mistake in the configuration that only the server could tell. */
export class WrongEngineError extends Error {}

/** The entities name MySQL's clock; the model of a SQLite data source has to name its own, or it would be seen as drift. */
function useSqliteClock(dataSource: DataSource): void {
  for (const { columns } of dataSource.entityMetadatas) {
    for (const column of columns) {
      if (column.type !== 'timestamp') continue;
      if (column.default !== undefined) column.default = () => SQLITE_NOW;
      column.precision = undefined;
    }
  }
}
