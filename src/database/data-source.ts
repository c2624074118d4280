import Sqlite from 'better-sqlite3';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '../config/config.js';
import { defaultSqlOf, sqliteColumnOf } from '../fields/field.column.js';
import { declaredFields } from '../fields/field.decorator.js';
import { SQLITE_NOW } from '../runtime/instant.js';
import { SchemaNames } from './schema-names.js';
import { EXACT_COLLATION } from './migrations/portable.columns.js';
import { mysqlDriver } from './mysql/mysql.driver.js';
import { connectionOptions } from './mysql/mysql.options.js';
import { MOST_PREPARED } from './mysql/mysql.statements.js';
import { retryWhileLocked } from './retry-while-locked.js';
import { classify } from './sql-errors.js';
import { durable, SQLITE_WAIT_MS } from './sqlite/sqlite.statements.js';

/** TypeORM's options for the configured database. */
export function dataSourceOptions(config: DatabaseConfig): DataSourceOptions {
  const shared = {
    migrationsTableName: 'plinth_migration',
    namingStrategy: new SchemaNames(),
    synchronize: false,
    logging: false,
  } as const;
  if (config.kind === 'sqlite') {
    return {
      ...shared,
      type: 'better-sqlite3',
      database: sqlitePath(config.url),
      driver: Sqlite,
      enableWAL: true,
      timeout: SQLITE_WAIT_MS,
      prepareDatabase: durable,
    };
  }
  return {
    ...shared,
    type: config.kind,
    database: connectionOptions(config).database!,
    driver: mysqlDriver(config),
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    poolSize: config.poolSize,
    extra: {
      ...connectionOptions(config),
      // Beside `prepared`, which keeps its own, mysql2 must not forget any by itself.
      maxPreparedStatements: config.pipeline ? 2 * MOST_PREPARED : MOST_PREPARED,
      // Documents as text, whichever way a row was read (see `RowReader`).
      jsonStrings: true,
      queueLimit: config.queueLimit,
      enableKeepAlive: true,
      // Nothing here has any, and without them commands are the same on both servers.
      flags: ['-CLIENT_QUERY_ATTRIBUTES'],
    },
  };
}

export function sqlitePath(url: string): string {
  return url.slice('sqlite:'.length);
}

/** Opens a data source for a command. @throws UnreachableError, WrongEngineError */
export async function openDataSource(
  config: DatabaseConfig,
  schema: Pick<DataSourceOptions, 'entities' | 'migrations'>,
): Promise<DataSource> {
  const dataSource = new DataSource({ ...dataSourceOptions(config), ...schema });
  try {
    await retryWhileLocked(() => initialize(dataSource, config));
  } catch (error) {
    if (!['unreachable', 'lost'].includes(classify(error))) throw error;
    const { code, message } = error as Error & { code?: string };
    throw new UnreachableError(`The database can not be reached: ${message || code}`, { cause: error });
  }
  return dataSource;
}

/** @throws WrongEngineError when the URL names another kind of server than the one that answers */
export async function initialize(dataSource: DataSource, config: DatabaseConfig): Promise<void> {
  if (config.kind === 'sqlite') {
    // TypeORM does not list the type for SQLite, which takes any; values are text (see instant.ts).
    if (!dataSource.driver.supportedDataTypes.includes('timestamp'))
      dataSource.driver.supportedDataTypes.push('timestamp', 'mediumtext');
    await dataSource.initialize();
    useSqliteColumns(dataSource);
    return;
  }
  await refuseOtherEngine(config);
  await dataSource.initialize();
  useExactText(dataSource, config.kind);
  useUniqueNames(dataSource);
}

/**
 * Asks the server on a plain connection: the session's set-up of one kind fails on the other, and would look like an outage.
 */
async function refuseOtherEngine(config: DatabaseConfig): Promise<void> {
  const connection = await mysql.createConnection(connectionOptions(config));
  let version: string;
  try {
    const sql = 'SELECT VERSION() AS `version`';
    const [[row]] = await connection.query<RowDataPacket[]>({ sql, timeout: config.connectTimeoutMs });
    version = String(row?.version);
  } finally {
    connection.destroy();
  }
  const found = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
  if (found === config.kind) return;
  throw new WrongEngineError(
    `DATABASE_URL says ${config.kind}, but the server is ${found === 'mysql' ? 'MySQL' : 'MariaDB'}.`,
  );
}

/** A mistake in the configuration that only the server could tell. */
export class WrongEngineError extends Error {
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78;
}

/** Ends a command, which does not wait for a database that is away as the service does. */
class UnreachableError extends Error {
  /** EX_UNAVAILABLE of sysexits.h. */
  readonly exitCode = 69;
}

const TEXT: ReadonlySet<unknown> = new Set(['varchar', 'mediumtext']);

/** Text is compared exactly (see `Portable`); the entities are the same for all engines, and can't name a collation. */
function useExactText(dataSource: DataSource, kind: 'mariadb' | 'mysql'): void {
  for (const { columns } of dataSource.entityMetadatas) {
    for (const column of columns) {
      if (!TEXT.has(column.type) || column.collation !== undefined) continue;
      column.charset = 'utf8mb4';
      column.collation = EXACT_COLLATION[kind];
    }
  }
}

/** Names unique constraints, which to TypeORM are indexes of MySQL. */
function useUniqueNames({ entityMetadatas, namingStrategy }: DataSource): void {
  for (const { tableName, indices } of entityMetadatas) {
    for (const index of indices) {
      const columns = index.columns.map(({ databaseName }) => databaseName);
      if (index.isUnique && index.name === namingStrategy.indexName(tableName, columns))
        index.name = namingStrategy.uniqueConstraintName(tableName, columns);
    }
  }
}

/** The entities say what columns are on MySQL and MariaDB; what differs on SQLite would be seen as drift there. */
function useSqliteColumns(dataSource: DataSource): void {
  for (const { columns, target } of dataSource.entityMetadatas) {
    const fields = new Map(declaredFields(target as new () => object).map((field) => [field.name, field]));
    for (const column of columns) {
      const field = fields.get(column.databaseName);
      if (field) Object.assign(column, sqliteColumnOf(field.options));
      const byDefault = field && defaultSqlOf(field, true);
      if (byDefault !== undefined) column.default = () => byDefault;
      else if (column.type === 'timestamp' && column.default !== undefined) column.default = () => SQLITE_NOW;
      if (column.type === 'timestamp') column.precision = undefined;
    }
  }
}
