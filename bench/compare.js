// Plinth beside what a team would write by hand: `npm run bench`, `npm run bench -- --smoke` for a minute of it.
// Plinth beside what else makes a REST resource of a table: `npm run bench:peers`.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { check } from './answers.js';
import { start, TEAM } from './contenders.js';
import { linesFor } from './dialects.js';
import { MANY, printLimits } from './limits.js';
import { options } from './options.js';
import { PEERS } from './peers.js';
import { publish } from './report.js';
import { MariadbStore, SqliteStore } from './stores.js';
import { median, ratio } from './support.js';
import { install, memoryMib, ticks } from './system.js';

const run = promisify(execFile);
const CLOCK_TICKS = 100;
/**
 * As long as it takes the engine to compile what a job needs, and to settle what it keeps; at one connection it would be too
 * short.
 */
const WARM_S = 2;
const WARM_CONNECTIONS = 64;
/** Somebody's `created_at` may be of whole seconds. */
const COARSEST_CLOCK_MS = 1_000;

const rows = Number(options.rows);
const list = (text) => text.split(',');

install({ wrk: 'wrk', mariadbd: 'mariadb-server' });
const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
const names = list(options.contenders);
const stores = [await MariadbStore.of(rows)];
const isEmbedded = (name) => TEAM[name]?.isEmbedded === true;
if (names.some(isEmbedded)) stores.push(SqliteStore.of(rows, folder));
const keys = new Map(stores.map((store) => [store, store.key()]));
let running = [];
/** By name: first answer and memory at rest of each process that was started. */
const starts = new Map();
const cells = new Map();
let failed = false;
try {
  for (let round = 0; round < Number(options.rounds); round++) {
    // Anew: what the engine makes of the same program differs by a twentieth from process to process.
    for (const name of round === 0 ? names : [...starts.keys()]) await enter(name);
    if (round === 0) for (const store of stores) store.made = await store.added();
    for (const job of list(options.jobs)) {
      for (const connections of list(options.connections).map(Number)) {
        for (let turn = 0; turn < (connections === MANY ? Number(options.turns) : 1); turn++) {
          // Side by side, and not always in the same order.
          const order = (round + turn) % 2 === 0 ? running : [...running].reverse();
          for (const contender of order) await cell(contender, job, connections);
        }
      }
    }
    await stopAll();
  }
  // A cell looks at the newest rows alone.
  for (const store of stores) {
    const all = await store.added();
    if (all !== store.made) fail(`${all} rows of contenders, where the cells have made ${store.made}`);
  }
  publish(summary(), summaryOfStarts(), options);
  if (!options.smoke && printLimits(cells, starts)) failed = true;
} finally {
  await stopAll();
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function stopAll() {
  const ends = running.map(({ child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit'));
  for (const { child } of running) child.kill('SIGKILL');
  running = [];
  await Promise.all(ends);
}

/** Starts one and, the first time, checks it. A peer that can't be had here is left out; all others have to run. */
async function enter(name) {
  try {
    const store = stores[isEmbedded(name) ? 1 : 0];
    const contender = await start(name, store, keys.get(store));
    contender.warmFor = new Set();
    running.push(contender);
    const idleMib = memoryMib(contender.child.pid);
    const isFirst = !starts.has(name);
    if (isFirst) await check(contender);
    contender.asks = join(folder, `${name}-asks`);
    writeFileSync(contender.asks, linesFor(contender.dialect));
    const { version, startMs, notes = [] } = contender;
    starts.set(name, [...(starts.get(name) ?? []), { startMs, idleMib }]);
    if (!isFirst) return;
    console.log(
      `${name}${version ? ` (${version})` : ''}: first answer after ${Math.round(startMs)} ms, ${Math.round(idleMib)} MiB; its answers are right`,
    );
    for (const note of notes) console.log(`  ${note}`);
  } catch (error) {
    if (!(name in PEERS) || starts.has(name)) throw error;
    const at = running.findIndex((one) => one.name === name);
    if (at !== -1) running.splice(at, 1)[0].child.kill('SIGKILL');
    fail(`${name} is left out: ${error.message}`);
  }
}

async function cell(contender, job, connections) {
  if (job === 'keyset' && !contender.keysetOf) return;
  const { store, warmFor } = contender;
  const file = await linesOf(contender, job);
  const since = new Date(Date.now() - COARSEST_CLOCK_MS);
  const before = await store.added(since);
  if (!warmFor.has(job)) {
    warmFor.add(job);
    await wrk(contender, job, WARM_CONNECTIONS, file, WARM_S);
    await quiet(contender);
    if (job === 'update') await store.restore();
  }
  await store.settle();
  await quiet(contender);
  const warm = await store.added(since);
  await lagOf(contender);
  const cpu = cpuOf(contender);
  const result = await wrk(contender, job, connections, file, Number(options.seconds));
  const spent = cpuOf(contender);
  const lag = await lagOf(contender);
  await quiet(contender);
  const after = await store.added(since);
  store.made += after - before;
  const what = `${contender.name} ${job} ${connections}`;
  if (result.refused > 0 || result.broken > 0) fail(`${what}: ${result.refused} refused, ${result.broken} broken`);
  // What was under way when wrk stopped may have been stored and not counted.
  if (job === 'create' && (after - warm < result.requests || after - warm > result.requests + 2 * connections))
    fail(`${what}: ${result.requests} answers, ${after - warm} rows`);
  if (job !== 'create' && job !== 'mixed' && after !== before) fail(`${what}: rows came or went`);
  if (job === 'update' && (await store.restore()) < result.requests)
    fail(`${what}: fewer rows were changed than answered`);
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
    lag,
  });
}

async function wrk(contender, job, connections, file, seconds) {
  const { origin, headers, asks } = contender;
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
    asks,
    file,
  ]);
  return JSON.parse(/^RESULT (.+)$/m.exec(stdout)[1]);
}

/** What wrk has to be told of a job: pages at random depths, or rows, with their first ETags where these are asked for. */
async function linesOf(contender, job) {
  const { name, etagOf, deepest } = contender;
  const file = join(folder, `${name}-${job}`);
  const id = (n) => `row-${String(n).padStart(7, '0')}`;
  const places = (most) =>
    Array.from({ length: 5_000 }, () => Math.floor(Math.random() * most)).map((n) => ({ n, id: id(n) }));
  if (job === 'page') {
    const most = Math.min(rows - 30, deepest ?? Infinity);
    writeFileSync(file, places(most).map(contender.pathOf).join('\n'));
    return file;
  }
  if (job === 'keyset') {
    writeFileSync(
      file,
      places(rows - 30)
        .map(contender.keysetOf)
        .join('\n'),
    );
    return file;
  }
  if (job !== 'update') return '-';
  // More than can be updated in the time.
  const found = await contender.store.first(Math.min(rows, 100_000));
  writeFileSync(file, found.map((row) => (etagOf ? `${row.id} ${etagOf(row)}` : row.id)).join('\n'));
  return file;
}

/** Until what was under way when wrk stopped is done: it would otherwise be in the way of the next one. */
async function quiet(contender) {
  const spent = () => Object.values(cpuOf(contender)).reduce((sum, n) => sum + n);
  const end = performance.now() + 10_000;
  for (let before = -Infinity; performance.now() < end;) {
    if (!(await contender.store.isBusy()) && spent() - before <= 1) return;
    before = spent();
    await sleep(50);
  }
}

function cpuOf({ child, store }) {
  return { service: ticks(child.pid), database: store.cpu() };
}

/** How late the event loop was, in milliseconds, since it was asked last: the 99th percentile. */
async function lagOf({ child }) {
  child.send('lag');
  const [lag] = await once(child, 'message');
  return lag;
}

function summary() {
  const results = [];
  for (const [key, all] of cells) {
    const [job, connections, name] = key.split(' ');
    const middle = (member) => median(all.map((one) => one[member]));
    const figures = ['perSecond', 'p50', 'p99', 'serviceMicros', 'databaseMicros', 'mib', 'lag'].map((member) => [
      member,
      middle(member),
    ]);
    const bare = cells.get(`${job} ${connections} bare`);
    const timesBare = ratio(all, bare, 'perSecond');
    results.push({ job, connections: Number(connections), name, ratio: timesBare, ...Object.fromEntries(figures) });
  }
  return results;
}

function summaryOfStarts() {
  return [...starts].map(([name, all]) => ({
    name,
    startMs: median(all.map(({ startMs }) => startMs)),
    idleMib: median(all.map(({ idleMib }) => idleMib)),
  }));
}

function fail(what) {
  failed = true;
  console.log(`FAIL  ${what}`);
}
