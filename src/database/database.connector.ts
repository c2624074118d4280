import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type Sqlite from 'better-sqlite3';
import type { Pool } from 'mysql2';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '../config/config.js';
import { wordsOf } from '../problems/error-words.js';
import { DatabaseProbe } from './database.probe.js';
import { DatabaseState } from './database-state.js';
import { Database } from './database.js';
import { initialize, sqlitePath, WrongEngineError } from './data-source.js';
import { Migrator } from './migrator.js';
import { MysqlConnector } from './mysql/mysql.connector.js';
import type { Line } from './mysql/mysql.line.js';
import { SqliteConnector } from './sqlite/sqlite.connector.js';
import { CostlyThreads } from './sqlite/sqlite.costly.js';
import type { Start } from './sqlite/sqlite.messages.js';
import { reasonOf } from './sql-errors.js';
import { keepPages, openReader } from './sqlite/sqlite.statements.js';
import { SqliteThread } from './sqlite/sqlite.thread.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * KiB of the page caches of SQLite's connections. Where there is a second thread its cache is the larger one; twice as much
 * was seen to make nothing faster there, and for this thread's writer neither did better-sqlite3's own 16,000.
 */
const CACHE_KIB = { alone: 24_576, first: 2_048, second: 8_192, costly: 2_048, writer: 4_096 };

/**
 * Connects in the background, for ever and with jittered backoff: the listener is up before the database is, and probes
 * say what is missing. From then on the pool reconnects by itself, and `DatabaseProbe` watches.
 */
@Injectable()
export class DatabaseConnector implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseConnector.name);
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly state: DatabaseState,
    private readonly probe: DatabaseProbe,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.connect();
    // A wrong kind of server ends the process: `main` hears of it as an unhandled rejection.
    this.running.catch((error: unknown) => {
      throw error;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running?.catch(() => undefined);
    await this.probe.stop();
    await this.database.close();
  }

  private async connect(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; !this.stopped.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await initialize(this.database.dataSource, this.config.database);
        break;
      } catch (error) {
        if (error instanceof WrongEngineError) throw error;
        this.state.become('down', this.reason(error as Error));
        await sleep(pause * Math.random(), undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
    }
    if (this.stopped.signal.aborted) return;
    await this.migrate();
    const connector = this.connector();
    if (connector instanceof MysqlConnector) await this.tryPipeline(connector);
    this.database.open(connector);
    await this.probe.start();
  }

  private async tryPipeline(connector: MysqlConnector): Promise<void> {
    // A server that is away just now says nothing about the pipeline.
    if (await connector.tryPipeline().catch(() => true)) return;
    this.logger.warn('This version of mysql2 does not let statements go several in one write: they go one by one.');
  }

  /** A migration that fails leaves what is there serving; readiness says so. */
  private async migrate(): Promise<void> {
    if (!this.config.database.migrateOnStart) return;
    this.state.become('migrating');
    try {
      await new Migrator(this.database.dataSource).run((line) => this.logger.log(line));
    } catch (error) {
      this.probe.migrationFailed = true;
      this.logger.error(`A migration failed: ${wordsOf(error)}`);
    }
  }

  private connector(): SqliteConnector | MysqlConnector {
    const { times, dataSource } = this.database;
    const { driver } = dataSource;
    const { database: config } = this.config;
    if (config.kind !== 'sqlite') {
      const { pool } = driver as unknown as { pool: Pool };
      const connector = new MysqlConnector(pool, config, () => void this.probe.look(), times);
      if (connector.line) this.tell(connector.line);
      return connector;
    }
    const writer = (driver as unknown as { databaseConnection: Sqlite.Database }).databaseConnection;
    // Only now: a migration may sort a whole table.
    keepPages(writer, CACHE_KIB.writer);
    const limits = {
      waiting: 10 * config.queueLimit,
      waitMs: config.acquireTimeoutMs,
      costlyMs: config.costly.limitMs,
    };
    const path = sqlitePath(config.url);
    if (!config.sqliteThread)
      return new SqliteConnector(writer, openReader(path, CACHE_KIB.alone), limits, undefined, times);
    const onLost = ({ message }: Error) =>
      this.logger.error(`A thread of SQLite's is lost, the first goes on: ${message}`);
    const open = (start: Omit<Start, 'path'>) => new SqliteThread({ path, ...start }, onLost);
    const second = open({ cacheKib: CACHE_KIB.second });
    const costly = new CostlyThreads(() => open({ cacheKib: CACHE_KIB.costly, isReader: true }));
    return new SqliteConnector(writer, openReader(path, CACHE_KIB.first), limits, { second, costly }, times);
  }

  /** MariaDB's words for a line in plain text that it refuses are those of a wrong password. */
  private reason(error: Error & { code?: string }): string {
    const isPlain = this.config.database.tls === null;
    const reason = reasonOf(error);
    if (error.code !== 'ER_ACCESS_DENIED_ERROR' || !isPlain) return reason;
    return `${reason}, or the server takes encrypted lines only: DATABASE_TLS`;
  }

  private tell({ text, isExposed }: Line): void {
    this.logger.log(`Connected to the database, ${text}`);
    if (isExposed)
      this.logger.warn(
        'The line to the database is in plain text and leaves this machine: others on the way can read and change ' +
          'everything. Set DATABASE_TLS to verified.',
      );
  }
}
