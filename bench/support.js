// What the benchmarks share: a private MariaDB with a million rows, the built service as a process, and arithmetic.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { freePort, ThrowAwayMariadb } from '../src/testing/mariadb.ts';

export const ROWS = 1_000_000;
/** Of the rows' `created_at`. */
export const FIRST_TIME = new Date(Date.UTC(2024, 0, 1));

/** A server with the service's own schema and a million rows: names with many ties, times spread over three years. */
export function millionRows() {
  return rowsOf(ROWS);
}

/** As many of them as wanted. */
export async function rowsOf(wanted) {
  const server = await ThrowAwayMariadb.start();
  const uri = server.url.replace('mariadb:', 'mysql:');
  const root = await mysql.createConnection({ uri });
  await root.query('CREATE DATABASE bench');
  await root.end();
  const url = `${server.url}bench`;
  const migrate = spawn(process.execPath, ['dist/migrate.cli.js'], {
    env: { ...process.env, DATABASE_URL: url },
  });
  await once(migrate, 'exit');
  const database = await mysql.createConnection({ uri: `${uri}bench`, timezone: 'Z' });
  await database.query('SET unique_checks = 0, time_zone = "+00:00"');
  for (let from = 0; from < wanted; from += 10_000) {
    const rows = Array.from({ length: 10_000 }, (_, at) => rowAt(from + at));
    await database.query('INSERT INTO resource (id, name, created_at, updated_at) VALUES ?', [rows]);
  }
  await database.query('ANALYZE TABLE resource');
  return { server, url, database };
}

/** The `n`th row: id, name, created_at, updated_at. */
export function rowAt(n) {
  const time = sqlTime(new Date(FIRST_TIME.getTime() + n * 90_000 + (n % 7)));
  return [`row-${String(n).padStart(7, '0')}`, `name ${(n * 7919) % 5_000}`, time, time];
}

/** In UTC. */
export function sqlTime(date) {
  return date.toISOString().replace('T', ' ').replace('Z', '');
}

/** The service as it ships, ready. @param flags of Node */
export async function service(url, env = {}, flags = []) {
  const port = await freePort();
  const child = spawn(process.execPath, [...flags, 'dist/main.js'], {
    env: { PATH: process.env.PATH, PORT: String(port), DATABASE_URL: url, LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const origin = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${origin}/health/ready`).catch(() => undefined))?.ok) await sleep(20);
  return {
    child,
    origin,
    rssMib: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [from, to] = [Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2)];
  return (sorted[from] + sorted[to]) / 2;
}

export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))];
}

/**
 * Of one member of what was measured of two, turn by turn: they ran side by side.
 * @returns undefined where one was not measured
 */
export function ratios(ours, theirs, member) {
  return ours && theirs && ours.map((one, turn) => one[member] / theirs[turn][member]);
}

/** Their median. */
export function ratio(ours, theirs, member) {
  const all = ratios(ours, theirs, member);
  return all && median(all);
}

/** Prints a line, and remembers whether a limit was broken. */
export class Report {
  failed = false;

  /** @param each what the value is the median or the most of: shown where the limit is broken, as one bad one is not two */
  line(what, value, most, unit = '', each = []) {
    const good = most === undefined || value <= most;
    this.print(good, what, value, unit, most === undefined ? '' : `  (at most ${most}${unit})`, each);
  }

  atLeast(what, value, least, unit = '', each = []) {
    this.print(value >= least, what, value, unit, `  (at least ${least}${unit})`, each);
  }

  print(good, what, value, unit, bound, each) {
    if (!good) this.failed = true;
    const all = good || each.length < 2 ? '' : `, of ${each.map((one) => one.toFixed(2)).join(' ')}`;
    console.log(`${good ? 'ok  ' : 'FAIL'}  ${what.padEnd(58)} ${value.toFixed(2)}${unit}${bound}${all}`);
  }
}
