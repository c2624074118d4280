import type { Pool, PoolConnection, QueryError } from 'mysql2';
import type { DatabaseConfig } from '../config/config.js';
import type { Connector, OpenTransaction, PoolUsage, Row, SqlValue, StatementResult } from './session.js';
import { Watchdog } from './mysql.watchdog.js';
import { classify, outcomeUnknown, poisons, wasNeverSent } from './sql-errors.js';
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
    /** A statement has had no answer for a second. */
    private readonly onSilence: () => void = () => undefined,
  ) {}

  async run(sql: string, params: readonly SqlValue[], mode: 'read' | 'write'): Promise<StatementResult> {
    const connection = await this.acquire();
    try {
      const result = await this.execute(connection, sql, params);
      connection.release();
      return result;
    } catch (error) {
      this.giveBack(connection, error);
      throw mode === 'write' && isUnanswered(error) ? outcomeUnknown(error) : error;
    }
  }

  async begin(): Promise<OpenTransaction> {
    const connection = await this.start();
    let poisoned = false;
    return {
      run: async (sql, params) => {
        try {
          return await this.execute(connection, sql, params);
        } catch (error) {
          poisoned ||= poisons(classify(error));
          throw error;
        }
      },
      commit: () => this.commit(connection),
      rollback: () => (poisoned ? Promise.resolve(cut(connection)) : this.rollback(connection)),
    };
  }

  usage(): PoolUsage {
    // mysql2 keeps these queues for itself; its own tests read them the same way.
    const { _allConnections, _freeConnections, _connectionQueue } = this.pool as unknown as Record<
      string,
      { length: number }
    >;
    const idle = _freeConnections?.length ?? 0;
    return { used: (_allConnections?.length ?? 0) - idle, idle, waiting: _connectionQueue?.length ?? 0 };
  }

  interrupt(): void {
    const { _allConnections } = this.pool as unknown as { _allConnections: { toArray(): Cuttable[] } };
    // The socket alone: mysql2 then fails what is in flight, and takes the connection out of its pool.
    for (const connection of _allConnections.toArray()) connection.stream.destroy();
  }

  /** Nobody needs the connections any more; a server that hangs must not hold the stop up while they say goodbye. */
  async close(): Promise<void> {
    this.interrupt();
  }

  /** Nothing was sent before BEGIN: with a connection that turns out to be dead, another one is taken. */
  private async start(): Promise<PoolConnection> {
    for (let attempt = 1; ; attempt++) {
      const connection = await this.acquire();
      try {
        await this.plain(connection, 'START TRANSACTION');
        return connection;
      } catch (error) {
        cut(connection);
        if (classify(error) !== 'lost' || attempt === 2) throw error;
      }
    }
  }

  private async commit(connection: PoolConnection): Promise<void> {
    try {
      await this.plain(connection, 'COMMIT');
      connection.release();
    } catch (error) {
      // Whatever it was, the transaction may still be open.
      cut(connection);
      throw isUnanswered(error) ? outcomeUnknown(error) : error;
    }
  }

  private async rollback(connection: PoolConnection): Promise<void> {
    try {
      await this.plain(connection, 'ROLLBACK');
      connection.release();
    } catch {
      cut(connection);
    }
  }

  private giveBack(connection: PoolConnection, error: unknown): void {
    if (poisons(classify(error))) cut(connection);
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
      try {
        connection.execute(sql, params as SqlValue[], (error: QueryError | null, result: unknown) => {
          watchdog.stop();
          if (error) reject(error);
          else resolve(toResult(result));
        });
      } catch (error) {
        // A parameter that mysql2 does not take; without this the watchdog would cut the connection under somebody else.
        watchdog.stop();
        reject(error);
      }
    });
  }

  private plain(connection: PoolConnection, sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const watchdog = this.watch(connection, reject);
      connection.query(sql, (error: QueryError | null) => {
        watchdog.stop();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  private watch(connection: PoolConnection, reject: (error: Error) => void): Watchdog {
    const overdue = () => {
      cut(connection);
      reject(new Overdue('The database did not answer.'));
    };
    return new Watchdog(this.onSilence, overdue, this.limits.statementTimeoutMs + this.limits.watchdogMs);
  }
}

interface Cuttable {
  readonly stream: { destroy(): void };
}

/** Only cutting the socket ends a wait: mysql2's own timeout leaves the connection busy in the pool. */
function cut(connection: PoolConnection): void {
  (connection as unknown as Cuttable).stream.destroy();
  connection.destroy();
}

/** The watchdog's error; the connection is gone. */
class Overdue extends Error {
  readonly errno = 1969;
}

/** The statement was sent, and nobody knows what became of it. */
function isUnanswered(error: unknown): boolean {
  return error instanceof Overdue || (classify(error) === 'lost' && !wasNeverSent(error));
}

function toResult(result: unknown): StatementResult {
  if (Array.isArray(result)) return { rows: result as Row[], affected: 0 };
  return { rows: [], affected: (result as { affectedRows: number }).affectedRows };
}
