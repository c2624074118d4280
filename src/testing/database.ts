import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import mysql from 'mysql2/promise';
import type { Engine } from '../database/session.js';

/** The engines that this run tests: SQLite always, and the server's if there is one. */
export function engines(): Engine[] {
  const server = process.env.PLINTH_TEST_SERVER;
  return server === undefined ? ['sqlite'] : ['sqlite', server.startsWith('mysql:') ? 'mysql' : 'mariadb'];
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * An empty database that nobody else uses; on the run's server unless the test brings one. `TEST_MIGRATED_BY` names the folder
 * of another version, whose migrations then run first (`.ci/upgrade`).
 */
export async function freshDatabase(engine: Engine, server = process.env.PLINTH_TEST_SERVER!): Promise<TestDatabase> {
  const database = await emptyDatabase(engine, server);
  const other = process.env.TEST_MIGRATED_BY;
  if (other !== undefined) migrateBy(other, database.url);
  return database;
}

/** Runs the migrations of a built version of the project. */
export function migrateBy(folder: string, url: string): void {
  const env = { PATH: process.env.PATH, DATABASE_URL: url };
  execFileSync(process.execPath, ['dist/plinth.cli.js', 'migrate'], { cwd: folder, env, stdio: 'pipe' });
}

async function emptyDatabase(engine: Engine, server: string): Promise<TestDatabase> {
  if (engine === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-'));
    return {
      url: `sqlite:${join(folder, 'test.sqlite')}`,
      drop: async () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const name = `plinth_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  // The default that hurts most: a column that names no character set of its own could not hold an emoji.
  await onServer(server, `CREATE DATABASE \`${name}\` CHARACTER SET latin1`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(server, `DROP DATABASE \`${name}\``) };
}

async function onServer(server: string, sql: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: server.replace('mariadb:', 'mysql:') });
  await connection.query(sql);
  await connection.end();
}
