import type { PoolConnection, QueryError } from 'mysql2';
import type { DatabaseConfig } from '../../config/config.js';
import { Failed, type Tell } from '../../runtime/batcher.js';
import type { Outcome, Row, SqlValue, Statement, StatementResult } from '../session.js';
import { bytesOf, RowsTaken } from '../row-bytes.js';
import { classify, poisons, wasNeverSent } from '../sql-errors.js';
import type { SqlFailure } from '../sql-failures.js';
import { LOCK_WAIT_S, lockWaits } from '../waiting.js';
import { executionSize, LONGEST_PAYLOAD } from './mysql.packets.js';
import { isWire, socketOf, type Wire } from './mysql.internals.js';
import { Pipeline } from './mysql.pipeline.js';
import type { StatementKind, StatementTimes } from '../statement-times.js';
import { goesAsText, isTooManyPrepared, noteUse, prepared } from './mysql.statements.js';
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

/** The same with nothing but what mysql2 documents: a statement is sent when the one before has been answered. */
class OneByOne {
  private readonly outcomes: Outcome[] = [];

  constructor(
    private readonly connection: PoolConnection,
    private readonly statements: readonly Statement[],
    private readonly watched: Watched,
    private readonly done: (outcomes: readonly Outcome[]) => void,
    private readonly onTooManyPrepared: () => void,
  ) {
    this.next();
  }

  onResult(error: Error): void {
    this.done(this.statements.map((_statement, n) => this.outcomes[n] ?? new Failed(error)));
  }

  private next(): void {
    const statement = this.statements[this.outcomes.length];
    if (!statement) return this.done(this.outcomes);
    const answered = (error: QueryError | null, result?: unknown) => {
      this.watched.answered();
      this.outcomes.push(error ? new Failed(error) : toResult(result));
      if (error && isTooManyPrepared(error)) this.onTooManyPrepared();
      // Each of the others would wait as long for what is rolled back all the same.
      if (error && classify(error) === 'retry') this.onResult(error);
      else this.next();
    };
    const { sql, params, mostBytes } = statement;
    if (!goesAsText(statement)) noteUse(this.connection, statement);
    if (mostBytes !== undefined) readPart(this.connection, statement, mostBytes, answered);
    else if (goesAsText(statement)) this.connection.query(sql, answered);
    else this.connection.execute(sql, params as SqlValue[], answered);
  }
}

/** Reads a part of the result, row by row as they come. */
function readPart(
  connection: PoolConnection,
  { sql, params }: Statement,
  mostBytes: number,
  answered: (error: QueryError | null, result?: unknown) => void,
): void {
  const taken = new RowsTaken<Row>(mostBytes);
  const command = connection.execute(sql, params as SqlValue[]);
  command.on('result', (row) => {
    if (taken.hasRoom()) taken.add(row as Row, bytesOf(Object.values(row as Row)));
  });
  // After an error there may be an end or none.
  let isAnswered = false;
  const end = (error: QueryError | null) => {
    if (!isAnswered) answered(error, taken);
    isAnswered = true;
  };
  command.on('error', end);
  command.on('end', () => end(null));
}

function toResult(result: unknown): StatementResult {
  if (result instanceof RowsTaken) return { rows: result.rows as Row[], affected: 0, isCut: result.isCut };
  if (Array.isArray(result)) {
    // A procedure has several, the first of which is what counts.
    const rows = (Array.isArray(result[0]) ? result[0] : result) as Row[];
    return { rows, affected: 0 };
  }
  return { rows: [], affected: (result as { affectedRows: number }).affectedRows };
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
