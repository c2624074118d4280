import type Sqlite from 'better-sqlite3';
import { checkParameters } from '../parameters.js';
import {
  NoMatch,
  type Connector,
  type OpenTransaction,
  type PoolUsage,
  type Statement,
  type StatementMode,
  type StatementResult,
  type Write,
} from '../session.js';
import { classify, outcomeUnknown, tooCostly } from '../sql-errors.js';
import { kindOf, StatementTimes } from '../statement-times.js';
import { Turnstile } from '../turnstile.js';
import type { CostlyThreads } from './sqlite.costly.js';
import { Crowd } from './sqlite.crowd.js';
import { Statements } from './sqlite.statements.js';
import { ThreadLost, type SqliteThread } from './sqlite.thread.js';
import { SqliteTransaction } from './sqlite.transaction.js';

/** Waiting for a turn is the only wait there is: a statement itself runs on this thread, or on another one. */
export interface SqliteLimits {
  readonly waiting: number;
  readonly waitMs: number;
  /** Milliseconds for one costly statement. */
  readonly costlyMs: number;
}

/** The threads beside this one. */
export interface SqliteThreads {
  /** The thread for statements that come at the same time. */
  readonly second: SqliteThread;
  readonly costly: CostlyThreads;
}

/**
 * From so many on, the parameters are those of several rows or callers. A commit of few rows waits for the disk above all:
 * to stay awake for it costs more than it gains.
 */
const MANY_PARAMS = { read: 6, commit: 20 };

/**
 * One connection that writes, one transaction or statement at a time, and one that reads: in WAL mode it sees what was
 * committed and never what is under way, and waits for nobody. The second thread has one for both, and writes when it is
 * its turn.
 */
export class SqliteConnector implements Connector {
  /**
   * A transaction that reads and writes on this thread takes less time than to send it to the second; and there are no locks
   * of rows.
   */
  readonly commitsWithoutWaiting = false;
  private readonly thread: SqliteThread | undefined;
  private readonly writer: Statements;
  private readonly reader: Statements;
  private readonly turnstile: Turnstile;
  private readonly crowd = new Crowd();
  /** Commits that are under way on the second thread. */
  private onThread = 0;

  constructor(
    writer: Sqlite.Database,
    reader: Sqlite.Database,
    private readonly limits: SqliteLimits,
    private readonly threads: SqliteThreads | undefined,
    private readonly times = new StatementTimes(),
  ) {
    this.thread = threads?.second;
    this.writer = new Statements(writer);
    this.reader = new Statements(reader);
    this.turnstile = new Turnstile(limits, times);
  }

  async run(statement: Statement, mode: StatementMode): Promise<StatementResult> {
    const { sql, params, mostBytes } = statement;
    checkParameters(params);
    const { thread, times } = this;
    const all = [statement];
    if (mode === 'write') return this.inTurn(() => times.now('write', all, () => this.writer.write(sql, params)));
    if (mode === 'costly read') return times.later('costly read', all, () => this.runCostly(statement));
    const isTogether = this.crowd.join() || params.length >= MANY_PARAMS.read;
    const here = () => this.reader.run(sql, params, mostBytes);
    if (!thread || !isTogether || !thread.isReady || thread.isFull) return times.now(kindOf(mode), all, here);
    return times.later(kindOf(mode), all, async () => {
      try {
        return { ...(await thread.read(statement)), affected: 0 };
      } catch (error) {
        if (error instanceof ThreadLost) return here();
        throw error;
      }
    });
  }

  async commit(writes: readonly Write[]): Promise<void> {
    for (const { params } of writes) checkParameters(params);
    const params = writes.reduce((sum, write) => sum + write.params.length, 0);
    const isTogether = this.crowd.join() || params >= MANY_PARAMS.commit;
    // Behind one that is under way there: the thread need not stand idle until this one has seen that it is done.
    const joins = isTogether && this.onThread > 0 && this.turnstile.join();
    const isDone = await this.inTurn(() => {
      const { thread, times } = this;
      if (!isTogether || !thread?.isReady) return times.now('commit', writes, () => this.writer.commit(writes));
      return times.later('commit', writes, () => this.commitOn(thread, writes));
    }, joins);
    if (!isDone) throw new NoMatch();
  }

  async begin(): Promise<OpenTransaction> {
    await this.turnstile.enter();
    const leave = () => this.turnstile.leave();
    try {
      this.writer.write('BEGIN IMMEDIATE', []);
    } catch (error) {
      leave();
      throw error;
    }
    return new SqliteTransaction(this.writer, this.times, leave);
  }

  /** Does nothing: there is no server that could go away. */
  interrupt(): void {}

  usage(): PoolUsage {
    const { used, waiting } = this.turnstile.usage;
    return { used, idle: 1 - used, waiting };
  }

  async close(): Promise<void> {
    await Promise.all([this.threads?.second.close(), this.threads?.costly.close()]);
    this.reader.close();
  }

  private async runCostly(statement: Statement): Promise<StatementResult> {
    const { costlyMs } = this.limits;
    const { sql, params, mostBytes } = statement;
    const here = () => this.reader.limit.within(costlyMs, () => this.reader.run(sql, params, mostBytes));
    try {
      if (!this.threads) return here();
      try {
        return { ...(await this.threads.costly.read(statement, costlyMs)), affected: 0 };
      } catch (error) {
        if (error instanceof ThreadLost) return here();
        throw error;
      }
    } catch (error) {
      throw classify(error) === 'timeout' ? tooCostly(costlyMs, error) : error;
    }
  }

  private async commitOn(thread: SqliteThread, writes: readonly Write[]): Promise<boolean> {
    this.onThread++;
    try {
      return await thread.commit(writes);
    } finally {
      this.onThread--;
    }
  }

  private async inTurn<T>(work: () => T | Promise<T>, isInside = false): Promise<T> {
    if (!isInside) await this.turnstile.enter();
    try {
      return await work();
    } catch (error) {
      throw error instanceof ThreadLost ? outcomeUnknown(error) : error;
    } finally {
      this.turnstile.leave();
    }
  }
}
