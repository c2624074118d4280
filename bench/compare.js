// Plinth beside what a team would write by hand: `npm run bench`, `npm run bench -- --smoke` for a minute of it.
// Plinth beside what else makes a REST resource of a table: `npm run bench:peers`.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './answers.js';
import { bareOf, start, TEAM } from './contenders.js';
import { JOBS, textsOf } from './jobs.js';
import { MANY, printLimits } from './limits.js';
import { closedLoop, quiet } from './loads.js';
import { list, readOptions } from './options.js';
import { PEERS } from './peers.js';
import { publish } from './report.js';
import { MariadbStore, SqliteStore } from './stores.js';
import { install, median, memoryMib, ratio } from './support.js';

/**
 * As long as it takes the engine to compile what a job needs, and to settle what it keeps; at one connection it would be too
 * short.
 */
const WARM = { connections: 64, seconds: 2 };
/** Somebody's `created_at` may be of whole seconds. */
const COARSEST_CLOCK_MS = 1_000;
/** More than can be updated in the time. */
const TEXTS = 100_000;

const isPeers = process.argv.includes('--peers');
const isSmoke = process.argv.includes('--smoke');
const options = readOptions(
  'bench',
  {
    jobs: JOBS.join(),
    connections: '1,64',
    contenders: Object.keys(TEAM).join(),
    // Long enough for the opening of 64 connections not to be what a 99th percentile shows.
    seconds: '3',
    // In each round at 64 connections, which most limits are about: a median of few is one bad moment of the machine.
    turns: '2',
    rounds: '3',
    rows: '1000000',
    peers: false,
    smoke: false,
    write: false,
    ...(isSmoke && { contenders: 'bare,fastify,plinth' }),
    ...(isPeers && {
      jobs: 'read,page,keyset,create,update,mixed',
      connections: '64',
      turns: '1',
      contenders: ['bare', 'plinth', ...Object.keys(PEERS)].join(),
    }),
    ...(isSmoke && { rows: '20000', rounds: '1', turns: '1', seconds: '1', connections: '64' }),
  },
  { jobs: [...JOBS, 'keyset'], contenders: Object.keys({ ...TEAM, ...PEERS }) },
);
const rows = Number(options.rows);

install({ wrk: 'wrk', mariadbd: 'mariadb-server' });
const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
const names = list(options.contenders);
const isEmbedded = (name) => TEAM[name]?.isEmbedded === true;
const stores = [];
let running = [];
/** By name: first answer and memory at rest of each process that was started. */
const starts = new Map();
const cells = new Map();
let failed = false;
try {
  for (let round = 0; round < Number(options.rounds); round++) {
    // Anew: what the engine makes of the same program differs by a twentieth from process to process.
    for (const name of round === 0 ? names : [...starts.keys()]) await enter(name);
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

async function storeOf(name) {
  const Kind = isEmbedded(name) ? SqliteStore : MariadbStore;
  let store = stores.find((one) => one instanceof Kind);
  if (!store) stores.push((store = await Kind.of(rows, folder)));
  store.secret ??= store.key();
  store.made ??= 0;
  return store;
}

/** Starts one and, the first time, checks it. A peer that can't be had here is left out; all others have to run. */
async function enter(name) {
  try {
    const store = await storeOf(name);
    const contender = await start(name, store, store.secret);
    contender.warmFor = new Set();
    running.push(contender);
    const idleMib = memoryMib(contender.child.pid);
    const isFirst = !starts.has(name);
    if (isFirst) await check(contender);
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
  const { name, store, warmFor, child } = contender;
  const texts = textsOf(contender, job, rows, TEXTS);
  if (!texts) return;
  const since = Date.now() - COARSEST_CLOCK_MS;
  const before = await store.added(since);
  // Of a smoke test the times are not looked at.
  if (!isSmoke && !warmFor.has(job)) {
    warmFor.add(job);
    await closedLoop(contender, texts, WARM);
    await quiet(contender);
    if (job === 'update') await store.restore();
  }
  await quiet(contender);
  const warm = await store.added(since);
  const result = await closedLoop(contender, texts, { connections, seconds: Number(options.seconds) });
  await quiet(contender);
  const after = await store.added(since);
  store.made += after - before;
  const what = `${name} ${job} ${connections}`;
  const { requests, refused, broken } = result;
  if (refused > 0 || broken > 0) fail(`${what}: ${refused} refused, ${broken} broken`);
  // What was under way when wrk stopped may have been stored and not counted.
  if (job === 'create' && (after - warm < requests || after - warm > requests + 2 * connections))
    fail(`${what}: ${requests} answers, ${after - warm} rows`);
  if (job !== 'create' && job !== 'mixed' && after !== before) fail(`${what}: rows came or went`);
  if (job === 'update' && (await store.restore()) < requests) fail(`${what}: fewer rows were changed than answered`);
  const key = `${job} ${connections} ${name}`;
  cells.set(key, [...(cells.get(key) ?? []), { ...result, mib: memoryMib(child.pid) }]);
}

function summary() {
  return [...cells].map(([key, all]) => {
    const [job, connections, name] = key.split(' ');
    const bare = cells.get(`${job} ${connections} ${bareOf(name)}`);
    const figures = ['perSecond', 'p50', 'p99', 'service', 'database', 'mib'].map((member) => [
      member,
      median(all.map((one) => one[member])),
    ]);
    const timesBare = ratio(all, bare, 'perSecond');
    return { job, connections: Number(connections), name, ratio: timesBare, ...Object.fromEntries(figures) };
  });
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
