import type { PoolConnection } from 'mysql2';
import type { DatabaseConfig } from '../../config/config.js';
import { Failed, type Tell } from '../../runtime/batcher.js';
import type { Outcome, Statement, StatementResult } from '../session.js';
import { classify, poisons, wasNeverSent } from '../sql-errors.js';
import type { SqlFailure } from '../sql-failures.js';
import { LOCK_WAIT_S, lockWaits } from '../waiting.js';
import { executionSize, LONGEST_PAYLOAD } from './mysql.packets.js';
import { isWire, socketOf, type Wire } from './mysql.internals.js';
import { Pipeline } from './mysql.pipeline.js';
import type { StatementKind, StatementTimes } from '../statement-times.js';
import { goesAsText, prepared } from './mysql.statements.js';
import { OneByOne } from './mysql.one-by-one.js';
import { Watchdog, type Watched } from './mysql.watchdog.js';

const text = (sql: string): Statement => ({ sql, params: [] });
const countTo = (n: number): Statement => ({ sql: 'SELECT ? AS `n`', params: [n] });
export const BEGIN = text('SET autocommit = 0');
export const COMMIT = text('COMMIT');
export const ROLLBACK = text('ROLLBACK');
export const AUTOCOMMIT = text('SET autocommit = 1');

/** Statements by the seconds for which a lock is waited for. */
export const LOCK_WAITS = Array.from({ length: LOCK_WAIT_S + 1 }, (_, seconds) => text(`SET ${lockWaits(seconds)}`));

/** Sends statements over connections, together where it can, and never waits for ever. */
export class MysqlChannel {
  private readonly watchdog: Watchdog;
  /** Whether statements go several in one write. */
  isPipelined: boolean;

  constructor(
    config: Pick<DatabaseConfig, 'statementTimeoutMs' | 'watchdogMs' | 'pipeline'>,
    /** A statement has had no answer for a second. */
    onSilence: () => void,
    /** The server has no room for another prepared statement. */
    private readonly onTooManyPrepared: () => void,
    private readonly times: StatementTimes,
  ) {
    this.watchdog = new Watchdog(onSilence, config.statementTimeoutMs + config.watchdogMs);
    this.isPipelined = config.pipeline;
  }

  /**
   * Each statement is run whatever becomes of those before it, and has an outcome of its own, in their order.
   * @param kind undefined for what only sets the session up
   * @param tell where they are sent together: of the outcome of each, by its place, as soon as it is there
   * @throws TypeError for a parameter that is none, at once: then nothing was sent
   */
  send(
    connection: PoolConnection,
    statements: readonly Statement[],
    kind?: StatementKind,
    tell?: Tell<StatementResult>,
  ): Promise<readonly Outcome[]> {
    let together = this.isPipelined;
    for (const { params } of statements) if (executionSize(params) > LONGEST_PAYLOAD) together = false;
    return new Promise((resolve) => {
      const sent = kind && this.times.begin(kind, statements);
      const watched = this.watchdog.watch(() => {
        cut(connection);
        sending.onResult(new Overdue('The database did not answer.'));
      });
      const done = (outcomes: readonly Outcome[]) => {
        // A connection that is cut ends what was sent over it once more.
        if (!watched.stop()) return;
        if (sent) this.times.end(sent, failureIn(outcomes));
        resolve(outcomes);
      };
      let sending: { onResult(error: Error): void };
      try {
        sending = together
          ? this.pipe(connection as Wire, statements, watched, done, tell)
          : new OneByOne(connection, statements, watched, done, this.onTooManyPrepared);
      } catch (error) {
        watched.stop();
        throw error;
      }
    });
  }

  /**
   * Sends two statements in one write, and does so never again where that is not understood: by a version of mysql2 with
   * another inside. The connection is cut then.
   */
  async tryPipeline(connection: PoolConnection): Promise<void> {
    if (!this.isPipelined) return;
    this.isPipelined = isWire(connection);
    if (!this.isPipelined) return;
    try {
      const outcomes = await this.send(connection, [1, 2].map(countTo));
      this.isPipelined = outcomes.every((one, at) =>
        // Another failure is the server's, and says nothing.
        one instanceof Failed ? !(one.error instanceof Overdue) : Number(one.rows[0]?.n) === at + 1,
      );
    } catch {
      this.isPipelined = false;
    }
    if (!this.isPipelined) cut(connection);
  }

  private pipe(
    wire: Wire,
    statements: readonly Statement[],
    watched: Watched,
    done: (outcomes: readonly Outcome[]) => void,
    tell?: Tell<StatementResult>,
  ): Pipeline {
    const piped = statements.map((statement) => {
      const { sql, params, mostBytes } = statement;
      const asText = goesAsText(statement);
      return {
        statement: asText ? undefined : prepared(wire, statement, this.onTooManyPrepared),
        sql,
        params,
        mostBytes,
      };
    });
    const pipeline = new Pipeline(piped, watched, done, tell);
    wire.addCommand(pipeline);
    return pipeline;
  }
}

/** Ends a wait by cutting the socket: mysql2's own timeout leaves the connection busy in the pool. */
export function cut(connection: PoolConnection): void {
  sever(connection);
  connection.destroy();
}

/**
 * Cuts a connection that may be another statement's by now: mysql2 then fails the statements on it, and the pool forgets it.
 */
export function sever(connection: PoolConnection): void {
  socketOf(connection)?.destroy();
}

/** The watchdog's error; the connection is gone. */
class Overdue extends Error {
  readonly errno = 1969;
}

/** The statement was sent, and nobody knows what became of it. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Overdue || (classify(error) === 'lost' && !wasNeverSent(error));
}

/** The first, which the others may be a consequence of. */
function failureIn(outcomes: readonly Outcome[]): SqlFailure | undefined {
  for (const outcome of outcomes) if (outcome instanceof Failed) return classify(outcome.error);
  return undefined;
}

/** Whether nobody else may get the connection after this outcome. */
export function isPoisoned(outcome: Outcome): boolean {
  return outcome instanceof Failed && poisons(classify(outcome.error));
}
