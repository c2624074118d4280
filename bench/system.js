// What the operating system knows of a process, and the programs that have to be there.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

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
