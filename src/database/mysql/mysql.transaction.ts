import type { PoolConnection } from 'mysql2';
import { Failed } from '../../runtime/batcher.js';
import { checkParameters } from '../parameters.js';
import type { OpenTransaction, Outcome, LockPolicy, Statement, StatementResult } from '../session.js';
import { classify, outcomeUnknown } from '../sql-errors.js';
import { LOCK_WAIT_S } from '../waiting.js';
import {
  AUTOCOMMIT,
  BEGIN,
  COMMIT,
  cut,
  isPoisoned,
  isUnanswered,
  LOCK_WAITS,
  ROLLBACK,
  sever,
  type MysqlChannel,
} from './mysql.channel.js';

/**
 * A transaction on one connection. It begins with its first statements, in the same write.
 *
 * Not by START TRANSACTION: a deadlock ends that, and statements which had been sent after the one that met it would each
 * commit themselves. With autocommit off they are in a transaction whatever happens, and are rolled back.
 */
export class MysqlTransaction implements OpenTransaction {
  private isBegun = false;
  private isPoisoned = false;
  /** Why it never began: nothing can be run in it. */
  private refusal: Failed | undefined;
  /** The session's lock wait timeout now, in seconds. */
  private lockWait = LOCK_WAIT_S;

  /** @param lockWaitNow seconds for which the next statements may wait for a lock */
  constructor(
    private readonly connection: PoolConnection,
    private readonly channel: MysqlChannel,
    private readonly lockWaitNow: (onLock: LockPolicy) => number,
  ) {}

  get isOver(): boolean {
    return this.refusal !== undefined;
  }

  async run(statement: Statement): Promise<StatementResult> {
    const [outcome] = await this.runEach([statement]);
    if (outcome instanceof Failed) throw outcome.error;
    return outcome!;
  }

  async runEach(statements: readonly Statement[], onLock: LockPolicy = 'waits'): Promise<readonly Outcome[]> {
    if (this.refusal) throw this.refusal.error;
    const lockWait = this.lockWaitNow(onLock);
    const isSlow = onLock === 'does not wait' && lockWait > 0 && statements.length > 1;
    return isSlow ? this.runUntilHeld(statements) : this.send(statements, lockWait);
  }

  async commit(): Promise<void> {
    if (!this.isBegun) return this.connection.release();
    const [outcome] = await this.channel.send(this.connection, [COMMIT], 'commit');
    // Committed all the same: who went on after such an error has seen to it. But nobody else shall get the connection.
    if (!(outcome instanceof Failed)) return this.isPoisoned ? cut(this.connection) : this.giveBack();
    // After any failure here the transaction may still be open.
    cut(this.connection);
    const { error } = outcome;
    // A limit that ends the statement may do so when it has just committed.
    throw isUnanswered(error) || classify(error) === 'timeout' ? outcomeUnknown(error) : error;
  }

  async rollback(): Promise<void> {
    if (this.isPoisoned) return cut(this.connection);
    if (!this.isBegun) return this.connection.release();
    const [outcome] = await this.channel.send(this.connection, [ROLLBACK], 'transaction');
    if (outcome instanceof Failed) cut(this.connection);
    else this.giveBack();
  }

  /**
   * Sends statements one by one where the lock wait timeout is set for the session: the first one that has waited it out ends
   * the rest, so that waits do not add up.
   */
  private async runUntilHeld(statements: readonly Statement[]): Promise<readonly Outcome[]> {
    for (const { params } of statements) checkParameters(params);
    const outcomes: Outcome[] = [];
    for (const statement of statements) {
      const [outcome] = await this.runEach([statement], 'does not wait');
      outcomes.push(outcome!);
      if (!(outcome instanceof Failed) || classify(outcome.error) !== 'retry') continue;
      return statements.map((_statement, n) => outcomes[n] ?? outcome);
    }
    return outcomes;
  }

  private async send(statements: readonly Statement[], lockWait: number): Promise<readonly Outcome[]> {
    const before = this.isBegun ? [] : [BEGIN];
    if (lockWait !== this.lockWait) before.push(LOCK_WAITS[lockWait]!);
    // A statement that can't be sent is refused before any of them went out: the transaction has not begun then.
    const sending = this.channel.send(this.connection, [...before, ...statements], 'transaction');
    this.isBegun = true;
    this.lockWait = lockWait;
    const sent = await sending;
    const outcomes = sent.slice(before.length);
    const refusal = sent.slice(0, before.length).find((outcome) => outcome instanceof Failed);
    if (outcomes.some(isPoisoned)) this.isPoisoned = true;
    if (!refusal) return outcomes;
    this.isPoisoned = true;
    this.refusal = refusal;
    // Without a transaction each of the others has committed itself.
    throw outcomes.every((outcome) => outcome instanceof Failed) ? refusal.error : outcomeUnknown(refusal.error);
  }

  /**
   * Gives the connection back as the pool's next user expects it. Nobody waits for that: it is done before anything that is
   * sent next.
   */
  private giveBack(): void {
    const after = this.lockWait === LOCK_WAIT_S ? [AUTOCOMMIT] : [LOCK_WAITS[LOCK_WAIT_S]!, AUTOCOMMIT];
    void this.channel.send(this.connection, after).then((outcomes) => {
      if (outcomes.some((outcome) => outcome instanceof Failed)) sever(this.connection);
    });
    this.connection.release();
  }
}
