import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import { DomainError } from '../http/domain-error.js';
import { ActiveTransaction } from './active-transaction.js';
import type { Connector, Engine, PoolUsage, Row, SqlSession, SqlValue, Transaction } from './session.js';
import { classify, toThrown } from './sql-errors.js';

const TRIES = 3;
const RETRY_WITHIN_MS = 2_000;
const BACKOFF_MS = 50;

export interface TransactionOptions {
  /** A dry run: everything is done, then rolled back. */
  readonly rollback?: boolean;
}

/**
 * The database as repositories know it: statements that run in the transaction which is under way in this asynchronous
 * context, or each on its own. @throws DomainError `database-unavailable`, `database-busy`, `database-timeout`,
 * `commit-outcome-unknown`, `storage-full`, `read-only`; `UniqueViolation`
 */
export class Database implements SqlSession {
  private readonly ambient = new AsyncLocalStorage<ActiveTransaction>();
  private connector: Connector | null = null;

  constructor(
    readonly dataSource: DataSource,
    readonly engine: Engine,
  ) {}

  /** Called when the engine has been reached for the first time; until then every call throws `database-unavailable`. */
  open(connector: Connector): void {
    this.connector = connector;
  }

  async close(): Promise<void> {
    const { connector } = this;
    this.connector = null;
    await connector?.close();
  }

  async query<T = Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    const transaction = this.ambient.getStore();
    if (transaction) return transaction.query<T>(sql, params);
    try {
      return (await this.connected.run(sql, params, 'read')).rows as T[];
    } catch (error) {
      throw toThrown(error);
    }
  }

  async execute(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    const transaction = this.ambient.getStore();
    if (transaction) return transaction.execute(sql, params);
    try {
      return (await this.connected.run(sql, params, 'write')).affected;
    } catch (error) {
      throw toThrown(error);
    }
  }

  /** TypeORM's model of an entity. @throws DomainError `database-unavailable` before there is one */
  modelOf(entity: EntityTarget<ObjectLiteral>): EntityMetadata {
    void this.connected;
    return this.dataSource.getMetadata(entity);
  }

  currentTransaction(): Transaction | undefined {
    return this.ambient.getStore();
  }

  usage(): PoolUsage {
    return this.connector?.usage() ?? { used: 0, idle: 0, waiting: 0 };
  }

  /**
   * All that `work` writes is committed together, or nothing is. Joins the transaction that is under way; the outermost
   * one is run again as a whole after a deadlock or a lock wait timeout: three tries with full jitter
   * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), two seconds in all.
   */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const outer = this.ambient.getStore();
    if (outer) return work(outer);
    const deadline = Date.now() + RETRY_WITHIN_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(work, options);
      } catch (error) {
        const again = !(error instanceof DomainError) && classify(error) === 'retry';
        const pause = Math.random() * BACKOFF_MS * 2 ** attempt;
        if (!again || attempt === TRIES || Date.now() + pause > deadline) throw toThrown(error);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  private async once<T>(work: (transaction: Transaction) => Promise<T>, { rollback }: TransactionOptions): Promise<T> {
    const transaction = new ActiveTransaction(await this.connected.begin());
    let result: T;
    try {
      result = await this.ambient.run(transaction, work, transaction);
    } catch (error) {
      await transaction.rollback();
      // A deadlock makes everything else that failed in the transaction a consequence of it.
      throw transaction.retryable ?? error;
    }
    if (rollback) await transaction.rollback();
    else await transaction.commit();
    return result;
  }

  private get connected(): Connector {
    if (this.connector) return this.connector;
    const headers = { 'retry-after': '2' };
    throw new DomainError('database-unavailable', 'The database has not been reached yet.', { headers });
  }
}
