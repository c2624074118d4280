import mysql, { type Connection, type Pool, type PoolOptions } from 'mysql2';
import type { DatabaseConfig } from '../../config/config.js';
import { LOCK_WAIT_S, lockWaits } from '../waiting.js';

/**
 * mysql2 as TypeORM gets it: every connection of its pools, the first one included, has its session set up before
 * anything else runs on it. Statements are queued per connection, so nothing can come in between.
 */
export function mysqlDriver(config: DatabaseConfig): typeof mysql {
  const createPool = (options: PoolOptions): Pool => {
    const pool = mysql.createPool(options);
    pool.on('connection', (connection: Connection) => setUp(connection, config));
    return pool;
  };
  return { ...mysql, createPool } as unknown as typeof mysql;
}

/** One statement a packet: Galera breaks packets of several apart. */
function setUp(
  connection: Connection,
  { kind, statementTimeoutMs }: Pick<DatabaseConfig, 'kind' | 'statementTimeoutMs'>,
): void {
  for (const statement of [
    // Servers may have autocommit off by default: a read would then keep a transaction open for ever.
    `SET autocommit = 1, time_zone = '+00:00', sql_mode = '${SQL_MODE}'`,
    `SET ${lockWaits(LOCK_WAIT_S)}`,
    ISOLATION,
  ]) {
    connection.query(statement, (error) => {
      // A session in another time zone or mode would store wrong values: better none.
      if (error) connection.destroy();
    });
  }
  const limit =
    kind === 'mariadb'
      ? `max_statement_time = ${statementTimeoutMs / 1000}`
      : `max_execution_time = ${statementTimeoutMs}`;
  // Fails on a server of the other kind only, which `initialize` tells.
  connection.query(`SET ${limit}`, () => undefined);
}

const SQL_MODE = 'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
const ISOLATION = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';
