import { Injectable } from '@nestjs/common';
import mysql, { type Connection } from 'mysql2/promise';
import { Config } from '../config/config.js';
import { DatabaseState, type DatabaseStatus } from './database-state.js';
import { Database } from './database.js';
import { Migrator } from './migrator.js';
import { classify } from './sql-errors.js';

const EVERY_MS = 2_000;

/**
 * Looks every 2 s, on a connection of its own, whether a real table can be read and may be written to: a Galera node
 * without quorum answers `SELECT 1`, and nothing else.
 */
@Injectable()
export class DatabaseProbe {
  migrationFailed = false;
  private connection: Connection | null = null;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly state: DatabaseState,
    private readonly config: Config,
  ) {}

  async start(): Promise<void> {
    await this.look();
    if (!this.stopped) this.timer = setTimeout(() => void this.start(), EVERY_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.connection?.destroy();
  }

  private async look(): Promise<void> {
    const begun = performance.now();
    try {
      const writable = await this.isWritable();
      // Only asked again while it is behind: a schema never goes back under a running service.
      if (this.state.pendingMigrations !== 0) {
        this.state.pendingMigrations = (await new Migrator(this.database.dataSource).pending()).length;
      }
      this.state.latencyMs = performance.now() - begun;
      this.state.status = this.judge(writable);
      this.state.wasReady ||= this.state.isReady;
    } catch (error) {
      this.connection?.destroy();
      this.connection = null;
      this.state.status = classify(error) === 'read-only' ? 'read-only' : 'down';
    }
  }

  private judge(writable: boolean): DatabaseStatus {
    if (!writable) return 'read-only';
    if (this.state.pendingMigrations === 0) return 'up';
    return this.migrationFailed ? 'migration-failed' : 'schema-behind';
  }

  private async isWritable(): Promise<boolean> {
    if (this.database.engine === 'sqlite') {
      await this.database.query('SELECT COUNT(*) AS `count` FROM (SELECT 1 FROM `plinth_migration` LIMIT 1) AS `one`');
      return true;
    }
    const { url, connectTimeoutMs } = this.config.database;
    this.connection ??= await this.connect(url, connectTimeoutMs);
    const answer = this.connection.query({ sql: 'SELECT @@read_only AS `read_only`, `t`.* FROM (SELECT MAX(`id`) FROM `plinth_migration`) AS `t`' });
    const [rows] = (await within(answer, connectTimeoutMs)) as unknown as [{ read_only: number }[]];
    return rows[0]?.read_only === 0;
  }

  private async connect(url: string, connectTimeout: number): Promise<Connection> {
    const connection = await mysql.createConnection({ uri: url.replace(/^mariadb:/, 'mysql:'), connectTimeout });
    connection.on('error', () => undefined);
    return connection;
  }
}

/** A server that was stopped answers nothing: that is an answer too. */
function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  answer.catch(() => undefined);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The database did not answer in time.')), ms);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
