import type { Pool, PoolConnection } from 'mysql2';
import { loadConfig } from '../src/config/config.js';
import { MysqlConnector } from '../src/database/mysql/mysql.connector.js';
import { mysqlDriver } from '../src/database/mysql/mysql.driver.js';
import { connectionOptions } from '../src/database/mysql/mysql.options.js';
import { Pipeline } from '../src/database/mysql/mysql.pipeline.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';

/** Takes one part after the other from mysql2, as a later version of it may not have them. */
const WITHOUT: Record<string, (connection: PoolConnection) => void> = {
  'the interface of its own commands': (connection) => {
    const { addCommand } = connection as unknown as { addCommand(command: unknown): unknown };
    Object.assign(connection, {
      addCommand(command: unknown) {
        if (command instanceof Pipeline) throw new TypeError('command.once is not a function');
        return addCommand.call(connection, command);
      },
    });
  },
  'the turn that it gives to commands': (connection) => {
    const { addCommand } = connection as unknown as { addCommand(command: unknown): unknown };
    Object.assign(connection, {
      addCommand: (command: unknown) => command instanceof Pipeline || addCommand.call(connection, command),
    });
  },
};

/** So that an answer which never comes is not waited for long. */
const SOON = { DATABASE_STATEMENT_MS: '500', DATABASE_WATCHDOG_MS: '100' };

describe.each(engines().filter((engine) => engine !== 'sqlite'))('mysql2 on %s', (engine) => {
  let fresh: TestDatabase;
  let pool: Pool;
  beforeEach(async () => {
    fresh = await freshDatabase(engine);
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => pool.end(() => resolve()));
    await fresh.drop();
  });

  const connectorOf = (change: (connection: PoolConnection) => void) => {
    const { database: config } = loadConfig({ DATABASE_URL: fresh.url, ...SOON });
    pool = mysqlDriver(config).createPool({ ...connectionOptions(config), connectionLimit: 2 });
    pool.on('connection', change);
    return new MysqlConnector(pool, config);
  };
  const works = async (connector: MysqlConnector) => {
    const select = (n: number) => connector.run({ sql: 'SELECT ? AS `n`', params: [n] }, 'shared read');
    const found = await Promise.all([1, 2, 3].map(select));
    expect(found.map(({ rows }) => Number(rows[0]!.n))).toEqual([1, 2, 3]);
    await connector.run({ sql: 'CREATE TABLE t (n INT PRIMARY KEY)', params: [] }, 'write');
    const insert = (n: number) => ({ sql: 'INSERT INTO t (n) VALUES (?)', params: [n] });
    await connector.commit([insert(1), insert(2)], 'waits', performance.now());
    await expect(connector.commit([insert(3), insert(1)], 'waits', performance.now())).rejects.toThrow();
    const { rows } = await connector.run({ sql: 'SELECT n FROM t ORDER BY n', params: [] }, 'read');
    expect(rows.map(({ n }) => Number(n))).toEqual([1, 2]);
  };

  it('has the inside that the pipeline uses', async () => {
    const connector = connectorOf(() => undefined);
    await expect(connector.tryPipeline()).resolves.toBe(true);
    expect(connector.commitsWithoutWaiting).toBe(engine === 'mariadb');
    expect(connector.usage()).toEqual({ used: 0, idle: 1, waiting: 0 });
    await works(connector);
  });

  it.each(Object.keys(WITHOUT))('may lose %s: statements go one by one then', async (part) => {
    const connector = connectorOf(WITHOUT[part]!);
    await expect(connector.tryPipeline()).resolves.toBe(false);
    expect(connector.commitsWithoutWaiting).toBe(false);
    await works(connector);
  });

  it('may lose its queues: usage is not measured then', async () => {
    const connector = connectorOf(() => undefined);
    await connector.tryPipeline();
    const queues = ['_allConnections', '_freeConnections', '_connectionQueue'];
    const hidden = Object.create(pool) as Pool;
    for (const name of queues) Object.defineProperty(hidden, name, { value: undefined });
    hidden.getConnection = pool.getConnection.bind(pool);
    const other = new MysqlConnector(hidden, loadConfig({ DATABASE_URL: fresh.url }).database);
    expect(other.usage()).toEqual({ used: 0, idle: 0, waiting: 0 });
    await works(other);
    await other.close();
  });
});
