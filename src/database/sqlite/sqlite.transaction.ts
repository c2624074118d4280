import { Failed } from '../../runtime/batcher.js';
import { checkParameters } from '../parameters.js';
import type { OpenTransaction, Outcome, Statement, StatementResult } from '../session.js';
import type { StatementTimes } from '../statement-times.js';
import type { Statements } from './sqlite.statements.js';

const COMMIT: Statement = { sql: 'COMMIT', params: [] };

/** A transaction on the connection that writes, begun already. */
export class SqliteTransaction implements OpenTransaction {
  /** @param leave gives the connection to the next one whose turn it is */
  constructor(
    private readonly writer: Statements,
    private readonly times: StatementTimes,
    private readonly leave: () => void,
  ) {}

  get isOver(): boolean {
    return !this.writer.isInTransaction;
  }

  async run(statement: Statement): Promise<StatementResult> {
    checkParameters(statement.params);
    return this.runNow(statement);
  }

  async runEach(statements: readonly Statement[]): Promise<readonly Outcome[]> {
    for (const { params } of statements) checkParameters(params);
    return statements.map((statement) => {
      try {
        return this.runNow(statement);
      } catch (error) {
        return new Failed(error);
      }
    });
  }

  async commit(): Promise<void> {
    try {
      this.times.now('commit', [COMMIT], () => this.writer.run(COMMIT.sql, COMMIT.params));
    } catch (error) {
      // It is still open, and would take the next one's statements.
      await this.rollback();
      throw error;
    }
    this.leave();
  }

  async rollback(): Promise<void> {
    try {
      this.writer.rollback();
    } finally {
      this.leave();
    }
  }

  private runNow(statement: Statement): StatementResult {
    // After a full disk, for example, SQLite has rolled back by itself: the rest would commit one by one.
    if (this.isOver) throw new Error('SQLite has rolled the transaction back.');
    const { sql, params, mostBytes } = statement;
    return this.times.now('transaction', [statement], () => this.writer.run(sql, params, mostBytes));
  }
}
