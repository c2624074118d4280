import { Injectable } from '@nestjs/common';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { Config } from '../config/config.js';
import { DatabaseState, type DatabaseStatus } from './database-state.js';
import { Database } from './database.js';
import { socketOf } from './mysql/mysql.internals.js';
import { connectionOptions } from './mysql/mysql.options.js';
import { migrationNames } from './migrator.js';
import { SchemaCheck } from './schema/schema-check.js';
import { classify, reasonOf } from './sql-errors.js';

const EVERY_MS = 2_000;
/** While the database is away, so that it is found again soon. */
const EVERY_MS_WHEN_DOWN = 500;
/** A few rows from memory; who takes longer for that is not there for anybody. */
const ANSWER_WITHIN_MS = 1_500;
const NO_SUCH_TABLE = 1146;

interface Visibility {
  readonly isWritable: boolean;
  readonly executed: ReadonlySet<string>;
}

/**
 * Looks every 2 s, on a connection of its own, whether a real table can be read and may be written to: a Galera node
 * without quorum answers `SELECT 1`, and nothing else. It also opens and shuts the gate: with a server that answers
 * nothing, not every request shall wait until it has found that out.
 */
@Injectable()
export class DatabaseProbe {
  migrationFailed = false;
  private readonly schema: SchemaCheck;
  private connection: Connection | null = null;
  private looking: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly state: DatabaseState,
    private readonly config: Config,
  ) {
    this.schema = new SchemaCheck(database.dataSource);
  }

  async start(): Promise<void> {
    await this.look();
    if (this.stopped) return;
    const pause = this.state.status === 'down' ? EVERY_MS_WHEN_DOWN : EVERY_MS;
    this.timer = setTimeout(() => void this.start(), pause * (0.75 + Math.random() / 4));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.forget();
    await this.looking;
  }

  /** Looks at the database; also called out of turn, by a statement that has waited for long. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => (this.looking = null));
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    const begun = performance.now();
    try {
      const { isWritable, executed } = await within(this.see(), ANSWER_WITHIN_MS);
      if (this.stopped) return this.forget();
      this.state.latencyMs = performance.now() - begun;
      const pending = migrationNames(this.database.dataSource).filter((name) => !executed.has(name));
      this.state.pendingMigrations = pending.length;
      this.state.missing = await this.schema.missing(pending);
      if (this.stopped) return this.forget();
      const wasReadOnly = this.state.status === 'read-only';
      this.state.become(this.judge(isWritable));
      // After a failover a name leads new connections to another server than those that are open: the next look is over a
      // new one, and what was read over old ones would stay behind.
      if (!isWritable) this.forget();
      else if (wasReadOnly) this.database.suspend();
      this.database.resume();
    } catch (error) {
      this.forget();
      const failure = classify(error);
      // Also where the server says itself that it takes nothing: what is asked here are reads.
      this.state.become('down', reasonOf(error));
      if (failure === 'lost' || failure === 'unreachable' || error instanceof NoAnswer) this.database.suspend();
    }
  }

  private judge(isWritable: boolean): DatabaseStatus {
    if (this.state.pendingMigrations !== 0) return this.migrationFailed ? 'migration-failed' : 'schema-behind';
    if (this.state.missing.length > 0) return 'schema-differs';
    return isWritable ? 'up' : 'read-only';
  }

  private async see(): Promise<Visibility> {
    if (this.database.engine === 'sqlite') return this.seeSqlite();
    const wasOpen = this.connection !== null;
    try {
      return await this.seeServer();
    } catch (error) {
      if ((error as { errno?: number }).errno === NO_SUCH_TABLE) return { isWritable: true, executed: new Set() };
      // The probe's own connection may have been closed, for its age or by hand: that says nothing of the others.
      if (!wasOpen || this.stopped || classify(error) !== 'lost') throw error;
      this.forget();
      return this.seeServer();
    }
  }

  private async seeServer(): Promise<Visibility> {
    this.connection ??= await this.connect();
    // Each alone: sharded Vitess answers no query that has both.
    const asked = ['SELECT @@read_only AS `read_only`', 'SELECT `name` FROM `plinth_migration`'];
    const [state, log] = await Promise.all(asked.map((sql) => this.connection!.query<RowDataPacket[]>(sql)));
    return { isWritable: state![0][0]?.read_only === 0, executed: new Set(log![0].map(({ name }) => name as string)) };
  }

  private async seeSqlite(): Promise<Visibility> {
    try {
      const rows = await this.database.query<{ name: string }>('SELECT `name` FROM `plinth_migration`');
      return { isWritable: true, executed: new Set(rows.map(({ name }) => name)) };
    } catch (error) {
      if (!(error as Error).message.includes('no such table')) throw error;
      return { isWritable: true, executed: new Set() };
    }
  }

  private async connect(): Promise<Connection> {
    const { database: config } = this.config;
    const connectTimeoutMs = Math.min(config.connectTimeoutMs, ANSWER_WITHIN_MS);
    const connection = await mysql.createConnection(connectionOptions({ ...config, connectTimeoutMs }));
    connection.on('error', () => undefined);
    // On a server that has it off by default each probe would keep a transaction open, and migrations would wait for its end.
    connection.query('SET autocommit = 1').catch(() => connection.destroy());
    return connection;
  }

  private forget(): void {
    if (this.connection) socketOf(this.connection)?.destroy();
    this.connection?.destroy();
    this.connection = null;
  }
}

class NoAnswer extends Error {
  readonly code = 'no answer in time';
}

/** A server that was stopped answers nothing: that is an answer too. */
function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  answer.catch(() => undefined);
  return new Promise((resolve, reject) => {
    // After the input that has arrived: it may be this process that was held up, and not the server.
    const timer = setTimeout(
      () => setImmediate(() => reject(new NoAnswer('The database did not answer in time.'))),
      ms,
    );
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
