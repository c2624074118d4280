import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import type { DatabaseConfig } from '../config/config.js';
import { ActiveTransaction } from './active-transaction.js';
import { ambient } from './ambient.js';
import { CostlyWork, type Asker } from './costly-work.js';
import type {
  Connector,
  Engine,
  LockPolicy,
  PoolUsage,
  Row,
  RowsPart,
  SqlSession,
  SqlValue,
  Statement,
  StatementMode,
  StatementResult,
  Transaction,
  TransactionOptions,
  Write,
} from './session.js';
import { pauseBeforeRetry } from './retries.js';
import { codeOf, notConnected } from './sql-errors.js';
import { inSpan } from '../runtime/tracing.js';
import type { SqlFailure } from './sql-failures.js';
import { StatementTimes } from './statement-times.js';

/**
 * The database as repositories know it: statements that run in the transaction which is under way in this asynchronous
 * context, or each on its own. @throws DomainError `database-unavailable`, `database-busy`, `database-timeout`,
 * `commit-outcome-unknown`, `storage-full`, `read-only`; `UniqueViolation`
 */
export class Database implements SqlSession {
  /** Called when a transaction or statement is run again. */
  onRetry: (failure: SqlFailure) => void = () => undefined;
  /** Of all that goes to the database. */
  readonly times: StatementTimes;
  readonly engine: Engine;
  private readonly costlyWork: CostlyWork;
  private connector: Connector | null = null;
  private suspended = false;

  constructor(
    readonly dataSource: DataSource,
    { kind, costly, queueLimit, acquireTimeoutMs }: DatabaseConfig,
    slowStatementMs = 0,
  ) {
    this.engine = kind;
    this.times = new StatementTimes(kind, slowStatementMs);
    this.costlyWork = new CostlyWork({ ...costly, waiting: queueLimit, waitMs: acquireTimeoutMs });
  }

  /** Called when the engine has been reached for the first time; until then every call throws `database-unavailable`. */
  open(connector: Connector): void {
    this.connector = connector;
  }

  async close(): Promise<void> {
    const { connector } = this;
    this.connector = null;
    await connector?.close();
    this.times.flush();
  }

  /** The server is gone: what waits for it ends now, and what comes is refused at once, until `resume()`. */
  suspend(): void {
    if (this.suspended) return;
    this.suspended = true;
    this.connector?.interrupt();
  }

  resume(): void {
    this.suspended = false;
  }

  query<T = Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return this.read<T>({ sql, params }, 'read');
  }

  /** A statement that is quick: outside of transactions it may be sent together with others that are. */
  queryQuick<T = Row>(statement: Statement): Promise<T[]> {
    return this.read<T>(statement, 'shared read');
  }

  /**
   * Costly statements of one answer, in a turn among those of all callers.
   * @throws DomainError `rate-limited`, `database-busy`
   */
  inCostlyTurn<T>(asker: Asker, work: () => Promise<T>): Promise<T> {
    // A transaction has a connection already, and others wait for its end.
    return this.currentTransaction() ? work() : this.costlyWork.run(asker, work);
  }

  /**
   * A statement that may have to look at many rows, and has less time than others. It belongs in a costly turn.
   * @throws DomainError `query-too-costly`
   */
  queryCostly<T = Row>(statement: Statement): Promise<T[]> {
    return this.read<T>(statement, 'costly read');
  }

  /** @param isCostly as for `queryCostly` */
  async queryPart<T = Row>(
    statement: Statement & { readonly mostBytes: number },
    isCostly = false,
  ): Promise<RowsPart<T>> {
    const transaction = this.currentTransaction();
    if (transaction) return transaction.queryPart<T>(statement);
    const { rows, isCut = false } = await this.alone(statement, isCostly ? 'costly read' : 'read');
    return { rows: rows as T[], isCut };
  }

  async execute(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    const transaction = this.currentTransaction();
    if (transaction) return transaction.execute(sql, params);
    return (await this.alone({ sql, params }, 'write')).affected;
  }

  /** TypeORM's model of an entity. @throws DomainError `database-unavailable` before there is one */
  modelOf(entity: EntityTarget<ObjectLiteral>): EntityMetadata {
    if (!this.connector) throw notConnected();
    return this.dataSource.getMetadata(entity);
  }

  currentTransaction(): Transaction | undefined {
    const here = ambient.getStore();
    return here?.of === this ? here.transaction : undefined;
  }

  usage(): PoolUsage {
    return this.connector?.usage() ?? { used: 0, idle: 0, waiting: 0 };
  }

  /** The use of the share for costly statements. */
  get costlyUsage(): CostlyWork['usage'] {
    return this.costlyWork.usage;
  }

  /**
   * Commits all that `work` writes together, or nothing. Joins the transaction that is under way; the outermost one is run
   * again as a whole after a deadlock, a lock wait timeout, or the loss of the connection before COMMIT.
   */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const outer = this.currentTransaction();
    if (outer) return work(outer);
    const { since = performance.now() } = options;
    return inSpan('transaction', {}, codeOf, () => this.tried(() => this.once(work, { ...options, since }), since));
  }

  /**
   * A transaction of its own that is known from the start, never a part of the one that is under way: in one message where
   * the engine can. It is run again as `transaction` is.
   * @param onLock one that does not wait is for an engine that `commitsWithoutWaiting`
   * @param since as of `TransactionOptions`
   * @throws NoMatch when a write matched fewer rows than it must
   */
  commit(writes: readonly Write[], onLock: LockPolicy = 'waits', since = performance.now()): Promise<void> {
    return inSpan('commit', {}, codeOf, () => this.tried(() => this.connected.commit(writes, onLock, since), since));
  }

  get commitsWithoutWaiting(): boolean {
    return this.connected.commitsWithoutWaiting;
  }

  private async read<T>(statement: Statement, mode: StatementMode): Promise<T[]> {
    const transaction = this.currentTransaction();
    if (transaction) return transaction.query<T>(statement.sql, statement.params);
    return (await this.alone(statement, mode)).rows as T[];
  }

  /** A statement outside of transactions, which is one by itself. */
  private alone(statement: Statement, mode: StatementMode): Promise<StatementResult> {
    return this.tried(() => this.connected.run(statement, mode));
  }

  private async tried<T>(work: () => Promise<T>, since = performance.now()): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        this.onRetry(await pauseBeforeRetry(error, attempt, since));
      }
    }
  }

  private async once<T>(
    work: (transaction: Transaction) => Promise<T>,
    { rollback, since }: TransactionOptions & { readonly since: number },
  ): Promise<T> {
    const transaction = new ActiveTransaction(await this.connected.begin(since));
    return transaction.around(() => ambient.run({ of: this, transaction }, work, transaction), rollback);
  }

  private get connected(): Connector {
    if (this.connector && !this.suspended) return this.connector;
    throw notConnected();
  }
}
