import type { PoolConnection } from 'mysql2';
import { Failed } from '../batcher.js';
import type { OpenTransaction, Outcome, Statement, StatementResult } from '../session.js';
import { outcomeUnknown } from '../sql-errors.js';
import {
  AUTOCOMMIT,
  BEGIN,
  COMMIT,
  cut,
  isPoisoned,
  isUnanswered,
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

  constructor(
    private readonly connection: PoolConnection,
    private readonly channel: MysqlChannel,
  ) {}

  async run(statement: Statement): Promise<StatementResult> {
    const [outcome] = await this.runEach([statement]);
    if (outcome instanceof Failed) throw outcome.error;
    return outcome!;
  }

  async runEach(statements: readonly Statement[]): Promise<readonly Outcome[]> {
    if (this.isBegun) return this.judged(await this.channel.send(this.connection, statements));
    this.isBegun = true;
    const [begun, ...outcomes] = await this.channel.send(this.connection, [BEGIN, ...statements]);
    if (!(begun instanceof Failed)) return this.judged(outcomes);
    this.isPoisoned = true;
    // Without a transaction each of the others has committed itself.
    throw outcomes.every((outcome) => outcome instanceof Failed) ? begun.error : outcomeUnknown(begun.error);
  }

  async commit(): Promise<void> {
    if (!this.isBegun) return this.connection.release();
    const [outcome] = await this.channel.send(this.connection, [COMMIT]);
    // Committed all the same: who went on after such an error has seen to it. But nobody else shall get the connection.
    if (!(outcome instanceof Failed)) return this.isPoisoned ? cut(this.connection) : this.giveBack();
    // Whatever it was, the transaction may still be open.
    cut(this.connection);
    throw isUnanswered(outcome.error) ? outcomeUnknown(outcome.error) : outcome.error;
  }

  async rollback(): Promise<void> {
    if (this.isPoisoned) return cut(this.connection);
    if (!this.isBegun) return this.connection.release();
    const [outcome] = await this.channel.send(this.connection, [ROLLBACK]);
    if (outcome instanceof Failed) cut(this.connection);
    else this.giveBack();
  }

  /** To whoever comes next, as they expect it. Nobody waits for that: it is done before anything that they send. */
  private giveBack(): void {
    void this.channel.send(this.connection, [AUTOCOMMIT]).then(([outcome]) => {
      if (outcome instanceof Failed) sever(this.connection);
    });
    this.connection.release();
  }

  private judged(outcomes: readonly Outcome[]): readonly Outcome[] {
    if (outcomes.some(isPoisoned)) this.isPoisoned = true;
    return outcomes;
  }
}
