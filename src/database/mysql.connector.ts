import type { Pool, PoolConnection, QueryError } from 'mysql2';
import type { DatabaseConfig } from '../config/config.js';
import type { Connector, OpenTransaction, PoolUsage, Row, SqlValue, StatementResult } from './session.js';
import { classify, outcomeUnknown, poisons } from './sql-errors.js';
import { busy } from './turnstile.js';

type Limits = Pick<DatabaseConfig, 'acquireTimeoutMs' | 'statementTimeoutMs' | 'watchdogMs'>;

/**
 * mysql2's pool through its callback API (its promises capture a stack for every query: 8 to 10 % of a read), with what
 * it lacks: a limit on the wait for a connection, and an end to statements that the server does not end.
 */
export class MysqlConnector implements Connector {
  constructor(
    private readonly pool: Pool,
    private readonly limits: Limits,
  ) {}

  async run(sql: string, params: readonly SqlValue[], mode: 'read' | 'write'): Promise<StatementResult> {
    try {
      return await this.once(sql, params);
    } catch (error) {
      const lost = classify(error) === 'lost';
      if (mode === 'write' && (lost || error instanceof Overdue)) throw outcomeUnknown(error);
      // A pooled connection whose server went away shows it at the next use. Reading again is safe.
      if (lost) return this.once(sql, params);
      throw error;
    }
  }

  async begin(): Promise<OpenTransaction> {
    const connection = await this.start();
    return {
      run: (sql, params) => this.execute(connection, sql, params),
      commit: () => this.commit(connection),
      rollback: () => this.rollback(connection),
    };
  }

  usage(): PoolUsage {
    // mysql2 keeps these queues for itself; its own tests read them the same way.
    const { _allConnections, _freeConnections, _connectionQueue } = this.pool as unknown as Record<string, { length: number }>;
    const idle = _freeConnections?.length ?? 0;
    return { used: (_allConnections?.length ?? 0) - idle, idle, waiting: _connectionQueue?.length ?? 0 };
  }

  /** Nobody needs the connections any more; a server that hangs must not hold the stop up while they say goodbye. */
  async close(): Promise<void> {
    const { _allConnections: all } = this.pool as unknown as { _allConnections: { toArray(): PoolConnection[] } };
    for (const connection of all.toArray()) connection.destroy();
  }

  private async once(sql: string, params: readonly SqlValue[]): Promise<StatementResult> {
    const connection = await this.acquire();
    try {
      const result = await this.execute(connection, sql, params);
      connection.release();
      return result;
    } catch (error) {
      this.giveBack(connection, error);
      throw error;
    }
  }

  /** Nothing was sent before BEGIN: with a connection that turns out to be dead, another one is taken. */
  private async start(): Promise<PoolConnection> {
    for (let attempt = 1; ; attempt++) {
      const connection = await this.acquire();
      try {
        await this.plain(connection, 'START TRANSACTION');
        return connection;
      } catch (error) {
        connection.destroy();
        if (classify(error) !== 'lost' || attempt === 2) throw error;
      }
    }
  }

  private async commit(connection: PoolConnection): Promise<void> {
    try {
      await this.plain(connection, 'COMMIT');
      connection.release();
    } catch (error) {
      this.giveBack(connection, error);
      throw classify(error) === 'lost' || error instanceof Overdue ? outcomeUnknown(error) : error;
    }
  }

  private async rollback(connection: PoolConnection): Promise<void> {
    try {
      await this.plain(connection, 'ROLLBACK');
      connection.release();
    } catch {
      connection.destroy();
    }
  }

  private giveBack(connection: PoolConnection, error: unknown): void {
    if (poisons(classify(error))) connection.destroy();
    else connection.release();
  }

  private acquire(): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        reject(busy('No connection to the database became free in time.'));
      }, this.limits.acquireTimeoutMs);
      this.pool.getConnection((error, connection) => {
        if (late) return error ? undefined : connection.release();
        clearTimeout(timer);
        return error ? reject(error) : resolve(connection);
      });
    });
  }

  private execute(connection: PoolConnection, sql: string, params: readonly SqlValue[]): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      const watchdog = this.watch(connection, reject);
      connection.execute(sql, params as SqlValue[], (error: QueryError | null, result: unknown) => {
        clearTimeout(watchdog);
        if (error) reject(error);
        else resolve(toResult(result));
      });
    });
  }

  private plain(connection: PoolConnection, sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const watchdog = this.watch(connection, reject);
      connection.query(sql, (error: QueryError | null) => {
        clearTimeout(watchdog);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /**
   * The server ends its own statements; a server that is stopped, or a network that swallows, does not. Only cutting the
   * socket ends that wait: mysql2's own timeout leaves the connection busy in the pool.
   */
  private watch(connection: PoolConnection, reject: (error: Error) => void): NodeJS.Timeout {
    return setTimeout(() => {
      (connection as unknown as { stream: { destroy(): void } }).stream.destroy();
      connection.destroy();
      reject(new Overdue());
    }, this.limits.statementTimeoutMs + this.limits.watchdogMs);
  }
}

/** The watchdog's error; the connection is gone. */
class Overdue extends Error {
  readonly errno = 1969;
}


function toResult(result: unknown): StatementResult {
  if (Array.isArray(result)) return { rows: result as Row[], affected: 0 };
  return { rows: [], affected: (result as { affectedRows: number }).affectedRows };
}
