// npm run bench:steady — requests at a steady rate, as real traffic comes, beside the bare program: times and what they cost.
// With --minutes, one of Plinth's services for so long under the mixed job, while old changes are pruned.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './answers.js';
import { bareOf, start, TEAM } from './contenders.js';
import { JOBS, textsOf } from './jobs.js';
import { closedLoop, openLoop, quiet } from './loads.js';
import { list, readOptions } from './options.js';
import { markdown } from './report.js';
import { rowAt, SINCE, sqlTime } from './rows.js';
import { MariadbStore, SqliteStore } from './stores.js';
import { install, median, memoryMib } from './support.js';

/** The load at which a program can do no more: what warms it up, and what the bare one does in it is all that it can. */
const FULL = { connections: 64, seconds: 3 };
const WANTED = { create: { 201: true }, mixed: { 200: true, 201: true } };
/** Changes of long ago, for the pruner to find in a long run. */
const OLD_CHANGES = 200_000;

const options = readOptions(
  'bench:steady',
  {
    contenders: 'bare,plinth,bare-sqlite,embedded',
    jobs: 'read,page-time,filter-name,create,update',
    // Percent of what the bare program on the same database can do at most, which is measured first.
    shares: '25,50,75',
    // Requests per second, in their place.
    rates: '',
    arrivals: 'poisson',
    connections: '64',
    seconds: '6',
    rounds: '3',
    rows: '100000',
    minutes: '',
  },
  { contenders: Object.keys(TEAM), jobs: JOBS, arrivals: ['poisson', 'constant'] },
);
install({ wrk: 'wrk', mariadbd: 'mariadb-server' });
const folder = mkdtempSync(join(tmpdir(), 'plinth-steady-'));
const rows = Number(options.rows);
const [stores, contenders] = [[], []];
const measured = new Map();
let failed = false;
try {
  for (const name of list(options.contenders)) contenders.push(await enter(name));
  if (options.minutes) await goOn(Number(options.minutes));
  else for (const job of list(options.jobs)) await compare(job);
} finally {
  for (const { child } of contenders) child.kill('SIGKILL');
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function enter(name) {
  const Kind = TEAM[name].isEmbedded ? SqliteStore : MariadbStore;
  let store = stores.find((one) => one instanceof Kind);
  if (!store) {
    stores.push((store = await Kind.of(rows, folder)));
    if (options.minutes) await addOldChanges(store);
    store.secret = store.key();
  }
  const contender = await start(name, store, store.secret);
  await check(contender);
  return contender;
}

/** A job at each rate, for all contenders: side by side, and not always in the same order. */
async function compare(job) {
  for (const contender of contenders) await askInFull(contender, job);
  const most = await mostOf(job);
  const loads = options.rates
    ? list(options.rates).map((rate) => [`${rate}/s`, () => Number(rate)])
    : list(options.shares).map((share) => [`${share} %`, ({ store }) => (most.get(store) * Number(share)) / 100]);
  for (const [load, rateOf] of loads)
    for (let round = 0; round < Number(options.rounds); round++)
      for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse()) {
        const key = `${job} ${load} ${contender.name}`;
        const result = await ask(contender, job, { rate: rateOf(contender), seconds: Number(options.seconds) });
        measured.set(key, [...(measured.get(key) ?? []), result]);
      }
  print(
    job,
    loads.map(([load]) => load),
  );
}

/** By store: the requests per second that the bare program answers at most. */
async function mostOf(job) {
  const most = new Map();
  for (const contender of contenders.filter(({ name }) => name === bareOf(name)))
    most.set(contender.store, await askInFull(contender, job));
  return most;
}

/** @returns answers per second */
async function askInFull(contender, job) {
  const texts = await prepare(contender, job, rows);
  return (await closedLoop(contender, texts, FULL)).perSecond;
}

async function prepare(contender, job, many) {
  if (job === 'update') await contender.store.restore();
  await quiet(contender);
  return textsOf(contender, job, rows, many);
}

async function ask(contender, job, { rate, seconds }) {
  const { name } = contender;
  const { connections, arrivals } = options;
  const texts = await prepare(contender, job, Math.ceil(rate * seconds * 1.3) + 100);
  const load = { rate, seconds, arrivals, connections: Number(connections) };
  const result = { rate, ...(await openLoop(contender, texts, load)) };
  const wanted = WANTED[job] ?? { 200: true };
  if (result.lost > 0 || Object.keys(result.statuses).some((status) => !wanted[status])) {
    failed = true;
    console.log(`FAIL  ${name} ${job} ${rate}: ${result.lost} lost, ${JSON.stringify(result.statuses)}`);
  }
  return result;
}

function print(job, loads) {
  const { arrivals, seconds, rounds, connections } = options;
  console.log(
    `\n${job}: ${arrivals} arrivals over ${connections} connections, medians of ${rounds} × ${seconds} s, ${rows} rows\n`,
  );
  const lines = loads.flatMap((load) =>
    contenders.map(({ name }) => {
      const all = measured.get(`${job} ${load} ${name}`);
      const middle = (results, column) => median(results.map((one) => one[column]));
      const bare = measured.get(`${job} ${load} ${bareOf(name)}`);
      const times = ['p50', 'p99', 'p999'].map((column) => middle(all, column).toFixed(2));
      const cost = ['service', 'database'].map((column) => middle(all, column).toFixed(0));
      const timesBare = bare ? (middle(all, 'service') / middle(bare, 'service')).toFixed(2) : '';
      return [job, load, middle(all, 'rate').toFixed(0), name, ...times, ...cost, timesBare];
    }),
  );
  const head = ['job', 'load', 'per second', 'who', 'p50 ms', 'p99 ms', 'p99.9 ms', 'service µs', 'database µs'];
  console.log(markdown([...head, '× bare'], lines));
}

/** Minute by minute, so that what only shows after some time does: a heap that grows, the collector, the pruner. */
async function goOn(minutes) {
  const most = await mostOf('mixed');
  const [share] = list(options.shares);
  for (const contender of contenders) {
    const { name, store, child } = contender;
    if (name === bareOf(name)) continue;
    const rate = options.rates ? Number(options.rates) : (most.get(store) * Number(share)) / 100;
    await askInFull(contender, 'mixed');
    const begin = memoryMib(child.pid);
    const lines = [];
    for (let minute = 1; minute <= minutes; minute++) {
      const { p50, p99, p999, service } = await ask(contender, 'mixed', { rate, seconds: 60 });
      const mib = memoryMib(child.pid);
      lines.push([minute, ...[p50, p99, p999].map((time) => time.toFixed(2)), service.toFixed(0), mib.toFixed(0)]);
    }
    const [{ left }] = await store.select(`SELECT COUNT(*) AS \`left\` FROM change_log WHERE at < '${sqlTime(SINCE)}'`);
    console.log(
      `\n${name}, mixed, ${rate.toFixed(0)}/s, ${options.arrivals}: ${begin.toFixed(0)} MiB before, ${memoryMib(child.pid).toFixed(0)} after; ${OLD_CHANGES - left} of ${OLD_CHANGES} old changes were pruned\n`,
    );
    console.log(markdown(['minute', 'p50 ms', 'p99 ms', 'p99.9 ms', 'service µs', 'MiB'], lines));
  }
}

/** A history of years, numbered as a service would have done it. */
async function addOldChanges(store) {
  const columns = 'id, module, resource_id, version, op, after, actor, at, trace_id, seq';
  for (let from = 0; from < OLD_CHANGES; from += 1_000) {
    const changes = Array.from({ length: 1_000 }, (_, at) => {
      const { id, name, time } = rowAt(from + at);
      return `('${id}', 'resource', '${id}', 1, 'created', '{"name":"${name}"}', 'bench', '${sqlTime(time)}', '-', ${from + at + 1})`;
    });
    await store.run(`INSERT INTO change_log (${columns}) VALUES ${changes.join()}`);
  }
  await store.run(
    `INSERT INTO change_feed (module, head, min_seq, epoch) VALUES ('resource', ${OLD_CHANGES}, 1, 'bench')`,
  );
}
