// Where the rows are: the same million of them in MariaDB and, for the embedded service, in SQLite.
import { execFileSync } from 'node:child_process';
import Sqlite from 'better-sqlite3';
import { join } from 'node:path';
import { FIRST_TIME, rowAt, rowsOf, sqlTime } from './support.js';
import { ticks } from './system.js';

const AT_ONCE = 10_000;
const ADDED = "SELECT COUNT(*) AS n FROM resource WHERE created_at >= ? AND id NOT LIKE 'row-%'";

/**
 * Each has `settle()`: what is only in its log so far is written in place, which whoever is measured next would else be
 * slowed by, and the more the faster the one before was. And `isBusy()`: whether it is at work for others. A disk that is slow
 * for a moment is waited for without processor time.
 */
class Store {
  constructor(url) {
    this.url = url;
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
    const { server, url, database } = await rowsOf(rows);
    const store = new MariadbStore(url);
    return Object.assign(store, { server, database, rows });
  }

  cpu() {
    return ticks(this.server.process.pid);
  }

  /** Rows that contenders have made since then: to count all of them each time would take longer than to measure. */
  async added(since = FIRST_TIME) {
    const [[{ n }]] = await this.database.query(ADDED, [sqlTime(since)]);
    return n;
  }

  async stored(id) {
    return (await this.database.query('SELECT name, version FROM resource WHERE id = ?', [id]))[0][0];
  }

  async remove(id) {
    await this.database.query('DELETE FROM resource WHERE id = ?', [id]);
  }

  /** What an ETag is made of, of as many rows. */
  async first(many) {
    const at = "DATE_FORMAT(updated_at, '%Y-%m-%dT%H:%i:%s.%f') AS updated_at";
    const [rows] = await this.database.query(
      `SELECT id, version, ${at} FROM resource WHERE id LIKE 'row-%' ORDER BY id LIMIT ${many}`,
    );
    return rows;
  }

  /** All updated rows as they were. @returns how many they were */
  async restore() {
    const name = "CONCAT('name ', MOD(CAST(SUBSTR(id, 5) AS UNSIGNED) * 7919, 5000))";
    const [{ affectedRows }] = await this.database.query(
      `UPDATE resource SET version = 1, name = ${name}, updated_at = created_at WHERE id LIKE 'row-%' AND name = 'updated'`,
    );
    return affectedRows;
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
    const env = { ...process.env, DATABASE_URL: store.url };
    execFileSync(process.execPath, ['dist/migrate.cli.js'], { env, stdio: 'ignore' });
    store.database = new Sqlite(path);
    const insert = store.database.prepare(
      'INSERT INTO resource (id, name, created_at, updated_at) VALUES (?, ?, ?, ?)',
    );
    const fill = store.database.transaction((from) => {
      for (let n = from; n < Math.min(from + AT_ONCE, rows); n++) insert.run(...rowAt(n));
    });
    for (let from = 0; from < rows; from += AT_ONCE) fill(from);
    store.database.exec('ANALYZE');
    return store;
  }

  /** It has no process of its own. */
  cpu() {
    return 0;
  }

  added(since = FIRST_TIME) {
    return this.database.prepare(ADDED).get(sqlTime(since)).n;
  }

  stored(id) {
    return this.database.prepare('SELECT name, version FROM resource WHERE id = ?').get(id);
  }

  remove(id) {
    this.database.prepare('DELETE FROM resource WHERE id = ?').run(id);
  }

  first(many) {
    const sql = `SELECT id, version, updated_at FROM resource WHERE id LIKE 'row-%' ORDER BY id LIMIT ${many}`;
    return this.database.prepare(sql).all();
  }

  restore() {
    const name = "'name ' || CAST(SUBSTR(id, 5) AS INTEGER) * 7919 % 5000";
    const sql = `UPDATE resource SET version = 1, name = ${name}, updated_at = created_at WHERE name = 'updated'`;
    return this.database.prepare(sql).run().changes;
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
