// Where the rows are: the same million of them in MariaDB and, for the embedded service, in SQLite.
import { execFileSync } from 'node:child_process';
import Sqlite from 'better-sqlite3';
import mysql from 'mysql2/promise';
import { join } from 'node:path';
import { ThrowAwayServer } from '../src/testing/mariadb.ts';
import { rowAt, SINCE, sqlTime } from './rows.js';
import { ticks } from './support.js';

const AT_ONCE = 10_000;
/** All rows and indexes fit: what is read from a disk costs everybody the same, and far more than all else. */
const IN_MEMORY = '--innodb-buffer-pool-size=768M';
/** At the end of an updated row's name. */
export const UPDATED = ' again';
const CHANGED = `updated_at >= '${sqlTime(SINCE)}' AND created_at < '${sqlTime(SINCE)}'`;

/**
 * Each has `settle()`: what is only in its log so far is written in place, which whoever is measured next would else be
 * slowed by, and the more the faster the one before was. And `isBusy()`: whether it is at work for others. A disk that is slow
 * for a moment is waited for without processor time.
 */
class Store {
  constructor(url) {
    this.url = url;
  }

  /** Rows that contenders have made since then: to count all of them each time would take longer than to measure. */
  async added(since = SINCE) {
    const [{ n }] = await this.select('SELECT COUNT(*) AS n FROM resource WHERE created_at >= ?', [sqlTime(since)]);
    return n;
  }

  /** All updated rows as they were. @returns how many they were */
  restore() {
    const name = `SUBSTR(name, 1, LENGTH(name) - ${UPDATED.length})`;
    return this.run(`UPDATE resource SET version = 1, name = ${name}, updated_at = created_at WHERE ${CHANGED}`);
  }

  migrate() {
    execFileSync(process.execPath, ['dist/migrate.cli.js'], {
      env: { ...process.env, DATABASE_URL: this.url },
      stdio: 'ignore',
    });
  }

  /** An API key that may do everything. */
  key() {
    const options = { env: { ...process.env, DATABASE_URL: this.url }, stdio: ['ignore', 'pipe', 'ignore'] };
    const create = ['dist/key.cli.js', 'create', '--name', 'bench', '--scope', '*:*'];
    return String(execFileSync(process.execPath, create, options)).trim();
  }
}

export class MariadbStore extends Store {
  static async of(rows) {
    const server = await ThrowAwayServer.start('mariadb', [IN_MEMORY]);
    const uri = server.url.replace('mariadb:', 'mysql:');
    const root = await mysql.createConnection({ uri });
    await root.query('CREATE DATABASE bench');
    await root.end();
    const store = new MariadbStore(`${server.url}bench`);
    store.migrate();
    const database = await mysql.createConnection({ uri: `${uri}bench`, timezone: 'Z' });
    await database.query('SET unique_checks = 0, time_zone = "+00:00"');
    for (let from = 0; from < rows; from += AT_ONCE)
      await database.query('INSERT INTO resource (id, name, created_at, updated_at) VALUES ?', [part(from, rows)]);
    await database.query('ANALYZE TABLE resource');
    return Object.assign(store, { server, database });
  }

  cpu() {
    return ticks(this.server.process.pid);
  }

  async select(sql, params = []) {
    return (await this.database.query({ sql, dateStrings: true }, params))[0];
  }

  async run(sql, params = []) {
    return (await this.database.query(sql, params))[0].affectedRows;
  }

  async settle() {
    await this.database.query('SET GLOBAL innodb_log_checkpoint_now = ON');
  }

  async isBusy() {
    const others = 'info IS NOT NULL AND id <> CONNECTION_ID()';
    const [[{ n }]] = await this.database.query(
      `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE ${others}`,
    );
    return n > 0;
  }

  async close() {
    await this.database.end();
    await this.server.stop();
  }
}

export class SqliteStore extends Store {
  static of(rows, folder) {
    const path = join(folder, 'bench.sqlite');
    const store = new SqliteStore(`sqlite:${path}`);
    store.migrate();
    store.database = new Sqlite(path);
    const insert = store.database.prepare(
      'INSERT INTO resource (id, name, created_at, updated_at) VALUES (?, ?, ?, ?)',
    );
    const fill = store.database.transaction((from) => {
      for (const row of part(from, rows)) insert.run(...row);
    });
    for (let from = 0; from < rows; from += AT_ONCE) fill(from);
    store.database.exec('ANALYZE');
    return store;
  }

  /** It has no process of its own. */
  cpu() {
    return 0;
  }

  select(sql, params = []) {
    return this.database.prepare(sql).all(...params);
  }

  run(sql, params = []) {
    return this.database.prepare(sql).run(...params).changes;
  }

  settle() {
    this.database.pragma('wal_checkpoint(PASSIVE)');
  }

  /** Waits for who is writing. */
  isBusy() {
    this.database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  }

  close() {
    this.database.close();
  }
}

function part(from, rows) {
  return Array.from({ length: Math.min(AT_ONCE, rows - from) }, (_, at) => {
    const { id, name, time } = rowAt(from + at);
    return [id, name, sqlTime(time), sqlTime(time)];
  });
}
