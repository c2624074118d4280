// Plinth beside what a team would write by hand: `npm run bench`, `npm run bench -- --smoke` for a minute of it.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { check } from './answers.js';
import { CONTENDERS, start } from './contenders.js';
import { median, rowsOf } from './support.js';
import { publish } from './report.js';

const run = promisify(execFile);
const CLOCK_TICKS = 100;
const JOBS = ['read', 'page', 'create', 'update', 'mixed'];

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: JOBS.join() },
    connections: { type: 'string', default: '1,8,64,256' },
    contenders: { type: 'string', default: Object.keys(CONTENDERS).join() },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    smoke: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const options = values.smoke
  ? { ...values, rows: '20000', rounds: '1', seconds: '1', connections: '1,64', contenders: 'bare,fastify,plinth' }
  : values;
const rows = Number(options.rows);
const list = (text) => text.split(',');

install({ wrk: 'wrk', mariadbd: 'mariadb-server' });
const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
const { server, url, database } = await rowsOf(rows);
const key = (
  await run(process.execPath, ['dist/access/keys/key.cli.js', 'create', '--name', 'bench', '--scope', '*:*'], {
    env: { ...process.env, DATABASE_URL: url },
  })
).stdout.trim();
const running = [];
const cells = new Map();
let failed = false;
try {
  for (const name of list(options.contenders)) {
    const contender = await start(name, url, key);
    running.push(contender);
    contender.idleMib = memoryMib(contender.child.pid);
    await check(contender, database);
    console.log(
      `${name}: first answer after ${Math.round(contender.startMs)} ms, ${Math.round(contender.idleMib)} MiB; its answers are right`,
    );
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const job of list(options.jobs)) {
      for (const connections of list(options.connections).map(Number)) {
        // Side by side, and not always in the same order.
        const order = round % 2 === 0 ? running : [...running].reverse();
        for (const contender of order) await cell(contender, job, connections);
      }
    }
  }
  const results = summary();
  publish(results, running, options);
} finally {
  for (const { child } of running) child.kill('SIGKILL');
  await database.end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function cell(contender, job, connections) {
  const file = await linesOf(contender, job);
  const before = await count();
  if (job !== 'update') await wrk(contender, job, connections, file, 1);
  const warm = await count();
  const cpu = cpuOf(contender);
  const result = await wrk(contender, job, connections, file, Number(options.seconds));
  const after = await count();
  const spent = cpuOf(contender);
  const what = `${contender.name} ${job} ${connections}`;
  if (result.refused > 0 || result.broken > 0) fail(`${what}: ${result.refused} refused, ${result.broken} broken`);
  // What was under way when wrk stopped may have been stored and not counted.
  if (job === 'create' && (after - warm < result.requests || after - warm > result.requests + 2 * connections))
    fail(`${what}: ${result.requests} answers, ${after - warm} rows`);
  if (job !== 'create' && job !== 'mixed' && after !== before) fail(`${what}: rows came or went`);
  if (job === 'update') await restore(result.requests, what);
  const perSecond = (result.requests * 1e6) / result.microseconds;
  const micros = (ticks) => (ticks * 1e6) / CLOCK_TICKS / result.requests;
  const key = `${job} ${connections} ${contender.name}`;
  const all = cells.get(key) ?? [];
  cells.set(key, all);
  all.push({
    perSecond,
    p50: result.p50,
    p99: result.p99,
    serviceMicros: micros(spent.service - cpu.service),
    databaseMicros: micros(spent.database - cpu.database),
    mib: memoryMib(contender.child.pid),
  });
}

async function wrk({ origin, headers }, job, connections, file, seconds) {
  const { stdout } = await run('wrk', [
    '-t',
    '1',
    '-c',
    String(connections),
    '-d',
    `${seconds}s`,
    '--timeout',
    '10s',
    '-s',
    'bench/wrk.lua',
    origin,
    '--',
    job,
    String(Math.floor(Math.random() * 1e9)),
    String(rows),
    headers.authorization,
    file,
  ]);
  return JSON.parse(/^RESULT (.+)$/m.exec(stdout)[1]);
}

/** What wrk has to be told of a job: pages at random depths, or rows with their first ETags. */
async function linesOf({ name, pathOf }, job) {
  if (job !== 'page' && job !== 'update') return '-';
  const file = join(folder, `${name}-${job}`);
  const id = (n) => `row-${String(n).padStart(7, '0')}`;
  if (job === 'page') {
    const lines = Array.from({ length: 5_000 }, () => pathOf(id(Math.floor(Math.random() * (rows - 30)))));
    writeFileSync(file, lines.join('\n'));
    return file;
  }
  // More than can be updated in the time.
  const [found] = await database.query(
    `SELECT id, version, DATE_FORMAT(updated_at, '%Y-%m-%dT%H:%i:%s.%f') AS updated_at FROM resource WHERE id LIKE 'row-%' ORDER BY id LIMIT ${Math.min(rows, 60_000)}`,
  );
  writeFileSync(file, found.map((row) => `${row.id} ${CONTENDERS[name].etagOf(row)}`).join('\n'));
  return file;
}

/** All rows as they were, for the next one. */
async function restore(requests, what) {
  const [{ affectedRows }] = await database.query(
    "UPDATE resource SET version = 1, name = CONCAT('name ', MOD(CAST(SUBSTR(id, 5) AS UNSIGNED) * 7919, 5000)), updated_at = created_at WHERE id LIKE 'row-%' AND version > 1",
  );
  if (affectedRows < requests) fail(`${what}: ${requests} answers, ${affectedRows} rows were changed`);
}

async function count() {
  const [[{ n }]] = await database.query("SELECT COUNT(*) AS n FROM resource WHERE id NOT LIKE 'row-%'");
  return n;
}

function cpuOf({ child }) {
  return { service: ticks(child.pid), database: ticks(server.process.pid) };
}

function ticks(pid) {
  const [, text] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = text.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function memoryMib(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function summary() {
  const results = [];
  for (const [key, all] of cells) {
    const [job, connections, name] = key.split(' ');
    const middle = (member) => median(all.map((one) => one[member]));
    const figures = ['perSecond', 'p50', 'p99', 'serviceMicros', 'databaseMicros', 'mib'].map((member) => [
      member,
      middle(member),
    ]);
    results.push({ job, connections: Number(connections), name, ...Object.fromEntries(figures) });
  }
  return results;
}

function fail(what) {
  failed = true;
  console.log(`FAIL  ${what}`);
}

function install(programs) {
  const missing = Object.entries(programs).filter(([program]) => spawnSync('which', [program]).status !== 0);
  if (missing.length === 0) return;
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
  const names = missing.map(([, name]) => name);
  const { status } = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`These have to be installed: ${names.join(', ')}`);
}
