// Where the service's time goes under one job: `npm run bench:profile -- read`. Shares of the main thread while it is busy.
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../src/testing/mariadb.ts';
import { TEAM } from './contenders.js';
import { HOUSE, linesFor } from './dialects.js';
import { rowsOf } from './support.js';

const ROWS = 100_000;
const SECONDS = 6;

/** By the script that a sample is in, or by the name of a native function; the first that fits. */
const PARTS = [
  ['writing answers to sockets: the kernel, and waking who reads', /^(writeUtf8String|writeLatin1String|writev)$/],
  ['writing statements to sockets', /^writeBuffer$/],
  ['garbage collection', /^\(garbage collector\)$/],
  ['HTTP, streams, timers: Node', /^node:/],
  ['routing and hooks: Fastify', /node_modules\/(fastify|find-my-way|fast-|@fastify)/],
  ['handlers: Nest', /node_modules\/@nestjs/],
  ['driver and rows: mysql2, src/database', /node_modules\/(mysql2|better-sqlite3)|dist\/database/],
  ['the resource kernel: src/crud, src/changes, modules', /dist\/(crud|changes|modules)/],
  [
    'access, limits, headers, log, metrics',
    /dist\/(access|http|observability)|node_modules\/(pino|sonic-boom|@prometheus-io)/,
  ],
];

const [job = 'read', connections = '64'] = process.argv.slice(2);
if (!['read', 'create', 'mixed'].includes(job)) throw new Error('A job is one of read, create, mixed.');
const folder = mkdtempSync(join(tmpdir(), 'plinth-profile-'));
const { server, url, database } = await rowsOf(ROWS);
try {
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: url, AUTH: 'keys', RATE_LIMIT: 'off' };
  const create = ['dist/key.cli.js', 'create', '--name', 'bench', '--scope', '*:*'];
  const key = String(execFileSync(process.execPath, create, { env, stdio: ['ignore', 'pipe', 'ignore'] })).trim();
  const port = await freePort();
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500', ...TEAM.plinth.flags];
  const service = spawn(process.execPath, [...flags, 'dist/main.js'], {
    env: { ...env, PORT: String(port), SHUTDOWN_DRAIN_MS: '0' },
    stdio: 'ignore',
  });
  const origin = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${origin}/health/ready`).catch(() => undefined))?.ok) await sleep(20);
  const options = ['-t', '1', '-c', connections, '-d', `${SECONDS}s`, '-s', 'bench/wrk.lua', origin, '--'];
  const asks = join(folder, 'asks');
  writeFileSync(asks, linesFor(HOUSE));
  execFileSync('wrk', [...options, job, '1', String(ROWS), `Bearer ${key}`, asks, '-']);
  service.kill('SIGTERM');
  await once(service, 'exit');
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  print(JSON.parse(readFileSync(join(folder, file), 'utf8')));
} finally {
  await database.end();
  await server.stop();
  rmSync(folder, { recursive: true });
}

function print({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const shares = new Map(PARTS.map(([name]) => [name, 0]));
  let busy = 0;
  // The start is not what is looked at.
  for (let at = Math.floor(samples.length / 3); at < samples.length; at++) {
    const { url: script, functionName } = frames.get(samples[at]);
    if (functionName === '(idle)') continue;
    const place = script === '' ? functionName : script;
    const [part = 'the rest: promises, JSON, compiled code without a name'] =
      PARTS.find(([, is]) => is.test(place)) ?? [];
    shares.set(part, (shares.get(part) ?? 0) + timeDeltas[at]);
    busy += timeDeltas[at];
  }
  for (const [part, time] of [...shares].sort(([, a], [, b]) => b - a))
    console.log(`${((100 * time) / busy).toFixed(1).padStart(5)} %  ${part}`);
}
