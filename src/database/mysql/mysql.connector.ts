import type { Pool, PoolConnection } from 'mysql2';
import type { DatabaseConfig } from '../../config/config.js';
import { Batcher, Failed, type Tell } from '../../runtime/batcher.js';
import {
  NoMatch,
  type Connector,
  type OpenTransaction,
  type Outcome,
  type LockPolicy,
  type PoolUsage,
  type Statement,
  type StatementMode,
  type StatementResult,
  type Write,
} from '../session.js';
import { classify, outcomeUnknown, tooCostly } from '../sql-errors.js';
import { kindOf, StatementTimes, type StatementKind } from '../statement-times.js';
import { busy } from '../turnstile.js';
import { lockWait, waitLeft } from '../waiting.js';
import { cut, isPoisoned, isUnanswered, MysqlChannel, sever } from './mysql.channel.js';
import { asOneStatement, isNotUnderstood, isUnmatched } from './mysql.compound.js';
import { lineOf, type Line } from './mysql.line.js';
import { connectionsOf, socketOf, usageOf } from './mysql.internals.js';
import { limited } from './mysql.limit.js';
import { executionSize } from './mysql.packets.js';
import { closeSome } from './mysql.statements.js';
import { MysqlTransaction } from './mysql.transaction.js';

type Limits = Pick<
  DatabaseConfig,
  'kind' | 'tls' | 'acquireTimeoutMs' | 'statementTimeoutMs' | 'watchdogMs' | 'pipeline' | 'costly'
>;

/** Shared reads: few connections, each of them busy, instead of many that have to be woken for one statement each. */
const SHARED = { atOnce: 2, most: 16, isEager: true };

/**
 * mysql2's pool, with what it lacks: a limit on the wait for a connection, an end to statements that the server does not
 * end, and several statements in one write (`Pipeline`).
 */
export class MysqlConnector implements Connector {
  private readonly shared = new Batcher<Statement, StatementResult>((statements, tell) => {
    this.times.onBatch('lists', statements.length);
    return this.send(statements, 'read', tell);
  }, SHARED);
  private readonly channel: MysqlChannel;
  private isCompound: boolean;

  constructor(
    private readonly pool: Pool,
    private readonly limits: Limits,
    /** A statement has had no answer for a second. */
    onSilence: () => void = () => undefined,
    private readonly times = new StatementTimes(),
  ) {
    this.channel = new MysqlChannel(limits, onSilence, () => this.closeSome(), times);
    this.isCompound = limits.kind === 'mariadb' && limits.pipeline;
  }

  /** @returns false where statements can't be sent several in one write, though they should be */
  async tryPipeline(): Promise<boolean> {
    const connection = await this.acquire();
    await this.channel.tryPipeline(connection);
    const { isPipelined } = this.channel;
    if (isPipelined || !this.limits.pipeline) connection.release();
    this.isCompound &&= isPipelined;
    return isPipelined || !this.limits.pipeline;
  }

  async run(statement: Statement, mode: StatementMode): Promise<StatementResult> {
    if (mode === 'shared read' && this.channel.isPipelined) {
      // A statement that can't be sent is refused here, where it does not fail the others of its batch.
      executionSize(statement.params);
      return this.shared.add(statement);
    }
    const isCostly = mode === 'costly read';
    const [outcome] = await this.send([isCostly ? limited(statement, this.limits) : statement], kindOf(mode));
    if (!(outcome instanceof Failed)) return outcome!;
    const { error } = outcome;
    if (isCostly && classify(error) === 'timeout' && !isUnanswered(error))
      throw tooCostly(this.limits.costly.limitMs, error);
    throw mode === 'write' && isUnanswered(error) ? outcomeUnknown(error) : error;
  }

  async begin(since: number): Promise<OpenTransaction> {
    return new MysqlTransaction(await this.acquire(since), this.channel, (onLock) => this.lockWait(onLock, since));
  }

  get commitsWithoutWaiting(): boolean {
    return this.isCompound;
  }

  async commit(writes: readonly Write[], onLock: LockPolicy, since: number): Promise<void> {
    if (this.isCompound && (await this.commitAsOne(writes, onLock, since))) return;
    const transaction = await this.begin(since);
    try {
      const outcomes = await transaction.runEach(writes, onLock);
      for (const [n, outcome] of outcomes.entries()) {
        if (outcome instanceof Failed) throw outcome.error;
        if (outcome.affected < (writes[n]!.mustMatch ?? 0)) throw new NoMatch();
      }
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
    await transaction.commit();
  }

  /** Undefined where there is no connection. */
  get line(): Line | undefined {
    const [connection] = connectionsOf(this.pool);
    const socket = connection && socketOf(connection);
    return socket && lineOf(socket, this.limits.tls);
  }

  usage(): PoolUsage {
    return usageOf(this.pool);
  }

  interrupt(): void {
    for (const connection of connectionsOf(this.pool)) sever(connection);
  }

  /**
   * Nobody needs the connections any more; a server that hangs must not hold the stop up while they say goodbye. Each has
   * left the pool afterwards: one that was just being given back would make the pool's own end fail.
   */
  async close(): Promise<void> {
    const sockets = connectionsOf(this.pool).flatMap((connection) => socketOf(connection) ?? []);
    const open = sockets.filter((socket) => !socket.closed);
    const closed = open.map((socket) => new Promise<void>((resolve) => void socket.once('close', resolve)));
    this.interrupt();
    await Promise.all(closed);
  }

  /** @returns false, and nothing was done, where such a statement is not understood */
  private async commitAsOne(writes: readonly Write[], onLock: LockPolicy, since: number): Promise<boolean> {
    const [outcome] = await this.send([asOneStatement(writes, this.lockWait(onLock, since))], 'commit');
    if (!(outcome instanceof Failed)) return true;
    const { error } = outcome;
    if (isUnmatched(error, onLock)) throw new NoMatch();
    if (isNotUnderstood(error)) return (this.isCompound = false);
    // A limit that ends the statement may do so when it has just committed.
    throw isUnanswered(error) || classify(error) === 'timeout' ? outcomeUnknown(error) : error;
  }

  private lockWait(onLock: LockPolicy, since: number): number {
    return lockWait(onLock, since, this.limits.kind === 'mariadb' ? 0 : 1);
  }

  /** Closes prepared statements on every connection: one that has none itself would find no room by closing its own. */
  private closeSome(): void {
    for (const connection of connectionsOf(this.pool)) closeSome(connection);
  }

  private async send(
    statements: readonly Statement[],
    kind: StatementKind,
    tell?: Tell<StatementResult>,
  ): Promise<readonly Outcome[]> {
    const connection = await this.acquire();
    let outcomes: readonly Outcome[] = [];
    try {
      outcomes = await this.channel.send(connection, statements, kind, tell);
    } finally {
      // Also where nothing was sent.
      if (outcomes.some(isPoisoned)) cut(connection);
      else connection.release();
    }
    return outcomes;
  }

  /** @param since as of `begin`: who has little time left waits for a second at most, which many short statements take */
  private acquire(since = performance.now()): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      // There is nothing to wait for then.
      if (this.usage().idle > 0) {
        this.times.onWait(0);
        return this.pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
      }
      const asked = performance.now();
      let late = false;
      const timer = setTimeout(
        () => {
          late = true;
          this.times.onNoConnection();
          reject(busy('No connection to the database became free in time.'));
        },
        Math.min(this.limits.acquireTimeoutMs, Math.max(waitLeft(since), 1_000)),
      );
      this.pool.getConnection((error, connection) => {
        if (late) return error ? undefined : connection.release();
        clearTimeout(timer);
        if (!error) this.times.onWait(performance.now() - asked);
        else if (classify(error) === 'busy') this.times.onNoConnection();
        return error ? reject(error) : resolve(connection);
      });
    });
  }
}
