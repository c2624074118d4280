import Sqlite from 'better-sqlite3';
import { bytesOf, RowsTaken } from '../row-bytes.ts';
import type { Row, RowsPart, SqlValue, StatementResult, Write } from '../session.js';
import { TimeLimit } from './sqlite.time-limit.ts';

const KEPT_STATEMENTS = 500;

/** Milliseconds to wait for another process that writes; the thread stands still in the meantime. */
export const SQLITE_WAIT_MS = 1_000;

export interface Table {
  readonly names: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** Rows were left out for `mostBytes`. */
  readonly isCut: boolean;
}

/** The statements of one connection, prepared once. */
export class Statements {
  readonly limit: TimeLimit;
  private readonly prepared = new Map<string, Sqlite.Statement>();
  private readonly committed = new Map<string, Sqlite.Statement>();
  private readonly connection: Sqlite.Database;
  private waitMs = SQLITE_WAIT_MS;

  constructor(connection: Sqlite.Database) {
    this.connection = connection;
    this.limit = new TimeLimit(connection);
  }

  get isInTransaction(): boolean {
    return this.connection.inTransaction;
  }

  /**
   * BEGIN, or a statement that commits itself. For another process that writes it waits once: as long as that one is there,
   * those who come next are told at once, since the thread would stand still for each of them.
   */
  write(sql: string, params: readonly SqlValue[]): StatementResult {
    try {
      const result = this.run(sql, params);
      this.waitFor(SQLITE_WAIT_MS);
      return result;
    } catch (error) {
      if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) this.waitFor(0);
      throw error;
    }
  }

  /** Rolls the transaction back, if SQLite has not done so by itself. */
  rollback(): void {
    if (this.isInTransaction) this.run('ROLLBACK', []);
  }

  run(sql: string, params: readonly SqlValue[], mostBytes?: number): StatementResult {
    return this.execute(this.prepare(sql), params, mostBytes);
  }

  /** The same rows as lists of values: the names need not be said for each. */
  read(sql: string, params: readonly SqlValue[], mostBytes?: number): Table {
    const statement = this.prepare(sql);
    try {
      const names = statement.columns().map(({ name }) => name);
      const bound = bindable(params);
      if (mostBytes !== undefined) return { names, ...taken<SqlValue[]>(statement.raw(), bound, mostBytes) };
      return { names, rows: statement.raw().all(...bound) as SqlValue[][], isCut: false };
    } finally {
      statement.raw(false);
    }
  }

  /**
   * Commits all writes, or none where one throws.
   * @returns false, and nothing is done, where one matched fewer rows than it must
   */
  commit(writes: readonly Write[]): boolean {
    try {
      this.write('BEGIN IMMEDIATE', []);
      for (const { sql, params, mustMatch } of writes) {
        if (this.execute(this.prepareWhole(sql), params).affected < (mustMatch ?? 0)) {
          this.rollback();
          return false;
        }
      }
      this.run('COMMIT', []);
      return true;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  close(): void {
    this.connection.close();
  }

  private waitFor(ms: number): void {
    if (ms === this.waitMs) return;
    this.connection.pragma(`busy_timeout = ${ms}`);
    this.waitMs = ms;
  }

  private execute(statement: Sqlite.Statement, params: readonly SqlValue[], mostBytes?: number): StatementResult {
    const bound = bindable(params);
    if (mostBytes !== undefined) return { ...taken<Row>(statement, bound, mostBytes), affected: 0 };
    if (statement.reader) return { rows: statement.all(...bound) as Row[], affected: 0 };
    return { rows: [], affected: statement.run(...bound).changes };
  }

  private prepare(sql: string): Sqlite.Statement {
    const { prepared } = this;
    const before = prepared.get(sql);
    if (before === undefined) return this.keep(prepared, sql, sql);
    // Used last, forgotten last: lists, of which callers make ever new texts, push out none that is in use.
    if (prepared.size > KEPT_STATEMENTS / 2) {
      prepared.delete(sql);
      prepared.set(sql, before);
    }
    return before;
  }

  /**
   * For a transaction that a failure undoes as a whole: an insert need not be able to undo its rows alone then. SQLite would
   * keep a second copy of each page for that (https://sqlite.org/tempfiles.html#statement_journal_files), a twelfth of the
   * time of a group of creates.
   */
  private prepareWhole(sql: string): Sqlite.Statement {
    const { committed } = this;
    return committed.get(sql) ?? this.keep(committed, sql, sql.replace(/^INSERT INTO /, 'INSERT OR ROLLBACK INTO '));
  }

  private keep(kept: Map<string, Sqlite.Statement>, sql: string, text: string): Sqlite.Statement {
    const statement = this.connection.prepare(unpeeked(text));
    if (kept.size >= KEPT_STATEMENTS) kept.delete(kept.keys().next().value!);
    kept.set(sql, statement);
    return statement;
  }
}

/** Steps through the rows, and no further than they fit: SQLite reads none ahead. */
function taken<R extends Row | SqlValue[]>(
  statement: Sqlite.Statement,
  bound: SqlValue[],
  mostBytes: number,
): RowsPart<R> {
  const taken = new RowsTaken<R>(mostBytes);
  for (const row of statement.iterate(...bound) as IterableIterator<R>) {
    if (!taken.hasRoom()) break;
    taken.add(row, bytesOf(Array.isArray(row) ? row : Object.values(row)));
  }
  const { rows, isCut } = taken;
  return { rows, isCut };
}

function bindable(params: readonly SqlValue[]): SqlValue[] {
  return params.map((value) => (typeof value === 'boolean' ? Number(value) : value));
}

const PLACEHOLDER = /'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\?/g;

/**
 * Hides parameters from the query planner. After ANALYZE, SQLite looks at the values that parameters are compared with, and
 * plans a statement anew each time they change (https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigenableqpsg),
 * which was half of the time of a page. It does not look into an expression, and `+?` is one that has the same value.
 */
function unpeeked(sql: string): string {
  return sql.replace(PLACEHOLDER, (found) => (found === '?' ? '+?' : found));
}

/** A connection that only reads. @param cacheKib as for `keepPages` */
export function openReader(path: string, cacheKib: number): Sqlite.Database {
  const connection = new Sqlite(path, { readonly: true, fileMustExist: true });
  keepPages(connection, cacheKib);
  return connection;
}

/** Opens a connection that writes as the data source's own does. */
export function openWriter(path: string, cacheKib: number): Sqlite.Database {
  const connection = new Sqlite(path, { fileMustExist: true, timeout: SQLITE_WAIT_MS });
  connection.pragma('foreign_keys = ON');
  keepPages(connection, cacheKib);
  durable(connection);
  return connection;
}

/** @param cacheKib of pages; better-sqlite3's own is 16,000 */
export function keepPages(connection: Sqlite.Database, cacheKib: number): void {
  connection.pragma(`cache_size = -${cacheKib}`);
}

/** Makes commits survive a loss of power. */
export function durable(connection: Sqlite.Database): void {
  connection.pragma('synchronous = FULL');
}
