// What the benchmarks share: the built service as a process, what the operating system knows of one, and arithmetic.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../src/testing/mariadb.ts';

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
    rssMib: () => memoryMib(child.pid),
  };
}

export const CLOCK_TICK_MICROS = 10_000;

/** Processor time of a process so far, in ticks of the clock (`CLOCK_TICK_MICROS`). */
export function ticks(pid) {
  const [, text] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = text.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** 0 of a process that has just ended. */
export function memoryMib(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

export function install(programs) {
  const missing = Object.entries(programs).filter(([program]) => spawnSync('which', [program]).status !== 0);
  if (missing.length === 0) return;
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
  const names = missing.map(([, name]) => name);
  const { status } = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`These have to be installed: ${names.join(', ')}`);
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
