export type Engine = 'sqlite' | 'mariadb' | 'mysql';
export type SqlValue = string | number | bigint | boolean | null | Buffer;
export type Row = Record<string, SqlValue>;

/** Where statements run: an open transaction, or the pool with each statement committed on its own. */
export interface SqlSession {
  /** @param params bound to the `?` of `sql`, in order */
  query<T = Row>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
  /** @returns the rows that were matched (MySQL, MariaDB, SQLite alike), changed or not */
  execute(sql: string, params?: readonly SqlValue[]): Promise<number>;
}

/** A transaction that is under way, begun by `Database.transaction()` and ended by it. */
export interface Transaction extends SqlSession {
  /** Undoes what `work` wrote if it throws, and nothing else. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
  /** Called once the transaction is committed; never for one that was rolled back. */
  afterCommit(callback: () => void): void;
}

/** What an engine has to offer; `Database` makes the rest of it. */
export interface Connector {
  /**
   * One statement, committed on its own. A driver's error that is thrown as it is means: not executed, or only read.
   * @throws DomainError `commit-outcome-unknown` when a write was sent and its answer was lost
   */
  run(sql: string, params: readonly SqlValue[], mode: 'read' | 'write'): Promise<StatementResult>;
  begin(): Promise<OpenTransaction>;
  /** Connections in use, idle and asked for. */
  usage(): PoolUsage;
  /** The server answers nothing any more: ends everything that waits for it, and makes the next ones connect anew. */
  interrupt(): void;
  close(): Promise<void>;
}

export interface OpenTransaction {
  run(sql: string, params: readonly SqlValue[]): Promise<StatementResult>;
  commit(): Promise<void>;
  /** Never throws: what can't be rolled back by word is by cutting the connection. */
  rollback(): Promise<void>;
}

export interface StatementResult {
  readonly rows: Row[];
  readonly affected: number;
}

export interface PoolUsage {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
}
