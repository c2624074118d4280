import { Logger } from '@nestjs/common';
import { Failed } from '../runtime/batcher.js';
import { AfterCommit, type Work } from './after-commit.js';
import type {
  OpenTransaction,
  LockPolicy,
  Row,
  RowsPart,
  SqlValue,
  Statement,
  StatementResult,
  Transaction,
} from './session.js';
import { classify, toThrown } from './sql-errors.js';

const logger = new Logger('Transaction');

/** A transaction with its savepoints, its callbacks, and the memory of an error after which it can't go on. */
export class ActiveTransaction implements Transaction {
  /** Why it can't be committed, however its work went on: all of it has to be run again, or is lost. */
  fault: unknown;
  private savepoints = 0;
  private ended = false;
  private readonly callbacks: ((isCommitted: boolean) => void)[] = [];
  private readonly committed = new AfterCommit();

  constructor(private readonly open: OpenTransaction) {}

  async query<T = Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return (await this.run({ sql, params })).rows as T[];
  }

  async queryPart<T = Row>(statement: Statement & { readonly mostBytes: number }): Promise<RowsPart<T>> {
    const { rows, isCut = false } = await this.run(statement);
    return { rows: rows as T[], isCut };
  }

  async execute(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return (await this.run({ sql, params })).affected;
  }

  async executeEach(statements: readonly Statement[], onLock?: LockPolicy): Promise<(number | Failed)[]> {
    this.refuseWhenOver();
    const outcomes = await this.open.runEach(statements, onLock).catch((error: unknown) => {
      throw this.judged(error);
    });
    return outcomes.map((outcome) => {
      if (!(outcome instanceof Failed)) return outcome.affected;
      const thrown = this.judged(outcome.error);
      if (this.fault !== undefined) throw thrown;
      return new Failed(thrown);
    });
  }

  async executeAll(statements: readonly Statement[], onLock?: LockPolicy): Promise<number[]> {
    return (await this.executeEach(statements, onLock)).map((outcome) => {
      if (outcome instanceof Failed) throw outcome.error;
      return outcome;
    });
  }

  onEnd(callback: (isCommitted: boolean) => void): void {
    this.callbacks.push(callback);
  }

  afterCommit(work: Work): void {
    if (this.ended) throw new Error('The transaction has ended: what asks for work after its commit was not awaited.');
    this.committed.add(work);
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = `plinth_${++this.savepoints}`;
    const [callbacks, works] = [this.callbacks.length, this.committed.size];
    await this.execute(`SAVEPOINT ${name}`);
    try {
      const result = await work();
      await this.execute(`RELEASE SAVEPOINT ${name}`);
      return result;
    } catch (error) {
      // A write that can't be undone must not be committed with the rest.
      await this.execute(`ROLLBACK TO SAVEPOINT ${name}`).catch((left: unknown) => (this.fault ??= left));
      this.committed.truncate(works);
      tell(this.callbacks.splice(callbacks), false);
      throw error;
    }
  }

  /** Runs all of its work, then commits it, or with `rollback` takes it back. @throws what `work` throws, or why it can't be committed */
  async around<T>(work: () => Promise<T>, rollback = false): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.rollback();
      // A fault that ended the transaction makes everything else that failed in it a consequence.
      throw this.fault ?? error;
    }
    if (!rollback) {
      await this.commit();
      return result;
    }
    await this.rollback();
    if (this.fault !== undefined) throw this.fault as Error;
    return result;
  }

  async commit(): Promise<void> {
    if (this.fault !== undefined) {
      await this.rollback();
      throw this.fault;
    }
    this.ended = true;
    try {
      await this.open.commit();
    } catch (error) {
      this.tell(false);
      throw error;
    }
    this.tell(true);
    this.committed.run();
  }

  async rollback(): Promise<void> {
    this.ended = true;
    await this.open.rollback();
    this.tell(false);
  }

  private tell(isCommitted: boolean): void {
    tell(this.callbacks.splice(0), isCommitted);
  }

  private async run(statement: Statement): Promise<StatementResult> {
    this.refuseWhenOver();
    try {
      return await this.open.run(statement);
    } catch (error) {
      throw this.judged(error);
    }
  }

  private refuseWhenOver(): void {
    // A statement that was not awaited would otherwise run on a connection that is somebody else's by now.
    if (this.ended) throw new Error('The transaction has ended: a statement of it was not awaited.');
    if (this.fault !== undefined) throw this.fault as Error;
  }

  /** A connection that is lost before COMMIT takes all of the transaction with it, and so does a deadlock. */
  private judged(error: unknown): unknown {
    const failure = classify(error);
    const isRunAgain = failure === 'retry' || failure === 'unprepared' || failure === 'lost';
    if (isRunAgain || failure === 'unreachable' || this.open.isOver) this.fault ??= error;
    // The fault itself comes out when it is over; until then what is said is for the caller.
    return isRunAgain ? error : toThrown(error);
  }
}

function tell(callbacks: readonly ((isCommitted: boolean) => void)[], isCommitted: boolean): void {
  // What is committed stays so: a callback that throws must not make it look as if it had failed.
  for (const callback of callbacks) {
    try {
      callback(isCommitted);
    } catch (error) {
      logger.error(error);
    }
  }
}
