import Sqlite from 'better-sqlite3';
import { Failed } from './batcher.js';
import {
  NoMatch,
  type Connector,
  type OpenTransaction,
  type PoolUsage,
  type Row,
  type SqlValue,
  type Statement,
  type StatementMode,
  type StatementResult,
  type Write,
} from './session.js';
import { Turnstile } from './turnstile.js';

const KEPT_STATEMENTS = 500;

/** Waiting for a turn is the only wait there is: a statement itself runs on this thread. */
export interface SqliteLimits {
  readonly waiting: number;
  readonly waitMs: number;
}

/**
 * One connection that writes, one transaction or statement at a time, and one that reads: in WAL mode it sees what was
 * committed and never what is under way, and waits for nobody.
 */
export class SqliteConnector implements Connector {
  private readonly writer: Statements;
  private readonly reader: Statements;
  private readonly turnstile: Turnstile;

  constructor(
    writer: Sqlite.Database,
    private readonly readConnection: Sqlite.Database,
    limits: SqliteLimits,
  ) {
    this.writer = new Statements(writer);
    this.reader = new Statements(readConnection);
    this.turnstile = new Turnstile(limits);
  }

  async run({ sql, params }: Statement, mode: StatementMode): Promise<StatementResult> {
    if (mode !== 'write') return this.reader.run(sql, params);
    await this.turnstile.enter();
    try {
      return this.writer.run(sql, params);
    } finally {
      this.turnstile.leave();
    }
  }

  async commit(writes: readonly Write[]): Promise<void> {
    await this.turnstile.enter();
    try {
      this.writer.run('BEGIN IMMEDIATE', []);
      for (const { sql, params, mustMatch } of writes)
        if (this.writer.run(sql, params).affected === 0 && mustMatch) throw new NoMatch();
      this.writer.run('COMMIT', []);
    } catch (error) {
      this.writer.rollback();
      throw error;
    } finally {
      this.turnstile.leave();
    }
  }

  async begin(): Promise<OpenTransaction> {
    await this.turnstile.enter();
    try {
      this.writer.run('BEGIN IMMEDIATE', []);
    } catch (error) {
      this.turnstile.leave();
      throw error;
    }
    const rollback = () => {
      try {
        this.writer.rollback();
      } finally {
        this.turnstile.leave();
      }
    };
    const run = ({ sql, params }: Statement): StatementResult => {
      // After a full disk, for example, SQLite has rolled back by itself: the rest would commit one by one.
      if (!this.writer.isInTransaction) throw new Error('SQLite has rolled the transaction back.');
      return this.writer.run(sql, params);
    };
    return {
      run: async (statement) => run(statement),
      runEach: async (statements) =>
        statements.map((statement) => {
          try {
            return run(statement);
          } catch (error) {
            return new Failed(error);
          }
        }),
      // A COMMIT that fails leaves the transaction open: it is rolled back before the next one's turn.
      commit: async () => {
        try {
          this.writer.run('COMMIT', []);
        } catch (error) {
          rollback();
          throw error;
        }
        this.turnstile.leave();
      },
      rollback: async () => rollback(),
    };
  }

  /** There is no server that could go away. */
  interrupt(): void {}

  usage(): PoolUsage {
    const { used, waiting } = this.turnstile.usage;
    return { used, idle: 1 - used, waiting };
  }

  async close(): Promise<void> {
    this.readConnection.close();
  }
}

/** The statements of one connection, prepared once. */
class Statements {
  private readonly prepared = new Map<string, Sqlite.Statement>();

  constructor(private readonly connection: Sqlite.Database) {}

  get isInTransaction(): boolean {
    return this.connection.inTransaction;
  }

  /** What is under way, if SQLite has not done that by itself. */
  rollback(): void {
    if (this.isInTransaction) this.run('ROLLBACK', []);
  }

  run(sql: string, params: readonly SqlValue[]): StatementResult {
    const statement = this.prepare(sql);
    const bound = params.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    if (statement.reader) return { rows: statement.all(...bound) as Row[], affected: 0 };
    return { rows: [], affected: statement.run(...bound).changes };
  }

  private prepare(sql: string): Sqlite.Statement {
    let statement = this.prepared.get(sql);
    if (statement) return statement;
    statement = this.connection.prepare(unpeeked(sql));
    if (this.prepared.size >= KEPT_STATEMENTS) this.prepared.delete(this.prepared.keys().next().value!);
    this.prepared.set(sql, statement);
    return statement;
  }
}

const PLACEHOLDER = /'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\?/g;

/**
 * Where ANALYZE was run, SQLite looks at the values that parameters are compared with, and plans a statement anew each time
 * they change (https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigenableqpsg), which was half of the time of
 * a page. It does not look into an expression, and `+?` is one that has the same value.
 */
function unpeeked(sql: string): string {
  return sql.replace(PLACEHOLDER, (found) => (found === '?' ? '+?' : found));
}

/** Of the pages that reads go through; SQLite's own 2 MiB would have it fetch most of them anew each time. */
const CACHE_KIB = 24_576;

/** The second connection, which only reads. */
export function openReader(path: string): Sqlite.Database {
  const connection = new Sqlite(path, { readonly: true, fileMustExist: true });
  connection.pragma(`cache_size = -${CACHE_KIB}`);
  return connection;
}
