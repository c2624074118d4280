import type { Failed } from '../runtime/batcher.js';

export type Engine = 'sqlite' | 'mariadb' | 'mysql';
export type SqlValue = string | number | bigint | boolean | null | Buffer;
export type Row = Record<string, SqlValue>;

/** Runs statements: in an open transaction, or on the pool with each statement committed on its own. */
export interface SqlSession {
  /** @param params bound to the `?` of `sql`, in order */
  query<T = Row>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
  /** As `query`, for what may have more than can be in memory: as many rows as have `mostBytes`, one at least. */
  queryPart<T = Row>(statement: Statement & { readonly mostBytes: number }): Promise<RowsPart<T>>;
  /** @returns the rows that were matched (MySQL, MariaDB, SQLite alike), changed or not */
  execute(sql: string, params?: readonly SqlValue[]): Promise<number>;
}

export interface Statement {
  readonly sql: string;
  /** Bound to its `?`, in order. */
  readonly params: readonly SqlValue[];
  /** A list: callers make ever new texts of those, which must not push others out of what is prepared. */
  readonly isList?: boolean;
  /** Bytes after which the rows of a reading statement end, with the row that reaches them. */
  readonly mostBytes?: number | undefined;
}

/** Rows of a statement that may have more than are taken into memory. */
export interface RowsPart<T = Row> {
  readonly rows: T[];
  /** Whether there are other rows, which were left out. */
  readonly isCut: boolean;
}

/** A statement of a transaction that is known from the start. */
export interface Write extends Statement {
  /** The least number of rows that it must match: nothing of the transaction happens where they are fewer. */
  readonly mustMatch?: number;
}

/** A write has matched fewer rows than it must, or others hold one and were not to be waited for. */
export class NoMatch extends Error {}

/**
 * A shared read is quick, and may be sent together with others, which then wait for one another. A costly read may have to
 * look at many rows, and is ended sooner than others are.
 */
export type StatementMode = 'read' | 'shared read' | 'costly read' | 'write';

/** Whether locks of others are waited for (MySQL always waits a second); a commit that does not finds no match then. */
export type LockPolicy = 'waits' | 'does not wait';

export interface TransactionOptions {
  /** A dry run: everything is done, then rolled back. */
  readonly rollback?: boolean;
  /** The time when the request came, by `performance.now()`: all of its waits count from there; by default from now. */
  readonly since?: number | undefined;
}

/** A transaction that is under way, begun by `Database.transaction()` and ended by it. */
export interface Transaction extends SqlSession {
  /**
   * All at once, each of them run whatever becomes of those before it.
   * @param onLock where each may meet a lock: the waits of many would add up
   * @returns as `execute`, or why it failed
   */
  executeEach(statements: readonly Statement[], onLock?: LockPolicy): Promise<(number | Failed)[]>;
  /** As `executeEach`. @throws the first error, after which the transaction has to be rolled back */
  executeAll(statements: readonly Statement[], onLock?: LockPolicy): Promise<number[]>;
  /** Undoes what `work` wrote if it throws, and nothing else. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
  /** Called once the transaction is over, or a savepoint that it was asked for in is undone: whether it was committed. */
  onEnd(callback: (isCommitted: boolean) => void): void;
}

/** An engine; `Database` makes the rest of it. */
export interface Connector {
  /**
   * One statement, committed on its own. A driver's error that is thrown as it is means: not executed, or only read.
   * @throws DomainError `commit-outcome-unknown` when a write was sent and its answer was lost, `query-too-costly`
   */
  run(statement: Statement, mode: StatementMode): Promise<StatementResult>;
  /** @param since when the request came that it is for, by `performance.now()`: its waits count from there */
  begin(since: number): Promise<OpenTransaction>;
  /**
   * A transaction that is known from the start: committed when this returns, and nothing of it happened where it throws.
   * @param since as of `begin`
   * @throws NoMatch; else as `run` does for a write
   */
  commit(writes: readonly Write[], onLock: LockPolicy, since: number): Promise<void>;
  /** Whether a commit that does not wait is to be had. */
  readonly commitsWithoutWaiting: boolean;
  /** Connections in use, idle and asked for. */
  usage(): PoolUsage;
  /** The server answers nothing any more: ends everything that waits for it, and makes the next ones connect anew. */
  interrupt(): void;
  close(): Promise<void>;
}

export interface OpenTransaction {
  /** Whether nothing of it can be committed any more: it could not begin, or the engine has rolled it back by itself. */
  readonly isOver: boolean;
  run(statement: Statement): Promise<StatementResult>;
  runEach(statements: readonly Statement[], onLock?: LockPolicy): Promise<readonly Outcome[]>;
  commit(): Promise<void>;
  /** Never throws: what can't be rolled back by word is by cutting the connection. */
  rollback(): Promise<void>;
}

export interface StatementResult {
  readonly rows: Row[];
  readonly affected: number;
  /** Rows were left out for `mostBytes`. */
  readonly isCut?: boolean;
}

/** The outcome of one of several statements: its result, or the driver's error as it was thrown. */
export type Outcome = StatementResult | Failed;

export interface PoolUsage {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
}
