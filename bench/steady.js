// npm run bench:steady — requests at a steady rate, as real traffic comes, beside the bare program: times and what they cost.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { check } from './answers.js';
import { start, TEAM } from './contenders.js';
import { MariadbStore, SqliteStore } from './stores.js';
import { median } from './support.js';
import { install, ticks } from './system.js';

const CLOCK_TICK_MICROS = 10_000;
const WARM = { rate: 1_000, seconds: 5 };
const REST_MS = 300;
const JOBS = ['read', 'page', 'create', 'update'];

const options = readOptions();
install({ mariadbd: 'mariadb-server' });
const folder = mkdtempSync(join(tmpdir(), 'plinth-steady-'));
const rows = Number(options.rows);
const stores = [];
const contenders = [];
const measured = new Map();
let failed = false;
try {
  for (const name of options.contenders.split(',')) contenders.push(await enter(name));
  for (const job of options.jobs.split(',')) {
    for (const contender of contenders) await ask(contender, job, WARM);
    for (const rate of options.rates.split(',').map(Number))
      for (let round = 0; round < Number(options.rounds); round++)
        // Side by side, and not always in the same order.
        for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse())
          await measure(contender, job, rate);
  }
  print();
} finally {
  for (const { child } of contenders) child.kill('SIGKILL');
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

function readOptions() {
  const usage =
    'npm run bench:steady -- [--contenders bare,plinth,embedded] [--jobs read,page,create,update] [--rates PER SECOND,…] [--arrivals poisson|constant] [--connections N] [--seconds N] [--rounds N] [--rows N]';
  try {
    const { values } = parseArgs({
      options: {
        contenders: { type: 'string', default: 'bare,plinth,embedded' },
        jobs: { type: 'string', default: JOBS.join() },
        rates: { type: 'string', default: '100,500,2000' },
        arrivals: { type: 'string', default: 'poisson' },
        connections: { type: 'string', default: '64' },
        seconds: { type: 'string', default: '6' },
        rounds: { type: 'string', default: '3' },
        rows: { type: 'string', default: '100000' },
      },
    });
    const unknown = values.jobs.split(',').find((job) => !JOBS.includes(job));
    if (unknown !== undefined) throw new Error(`There is no job "${unknown}".`);
    if (!['poisson', 'constant'].includes(values.arrivals)) throw new Error('--arrivals is poisson or constant.');
    return values;
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(64);
  }
}

async function enter(name) {
  const isEmbedded = TEAM[name].isEmbedded === true;
  let store = stores.find((one) => one instanceof SqliteStore === isEmbedded);
  if (!store) stores.push((store = isEmbedded ? SqliteStore.of(rows, folder) : await MariadbStore.of(rows)));
  store.secret ??= store.key();
  const contender = await start(name, store, store.secret);
  await check(contender);
  return contender;
}

/** @returns the texts of requests, enough that few rows are asked for twice */
async function textsOf({ origin, headers, dialect, pathOf, etagOf, store }, job, many) {
  const { host } = new URL(origin);
  const text = (method, path, body, more = {}) =>
    [
      `${method} ${path} HTTP/1.1`,
      `Host: ${host}`,
      ...Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}`),
      ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`]),
      '',
      body ?? '',
    ].join('\r\n');
  const places = Array.from({ length: many }, () => Math.floor(Math.random() * (rows - 30)));
  const idOf = (n) => `row-${String(n).padStart(7, '0')}`;
  switch (job) {
    case 'read':
      return places.map((n) => text('GET', dialect.read(idOf(n))));
    case 'page':
      return places.map((n) => text('GET', pathOf({ n, id: idOf(n) })));
    case 'create':
      return [text('POST', dialect.create.path, '{"name":"created by the benchmark"}')];
    case 'update': {
      await store.restore();
      const found = await store.first(Math.min(rows, many));
      return found.map((row) =>
        text('PATCH', dialect.update.path(row.id), '{"name":"updated"}', { 'If-Match': etagOf(row) }),
      );
    }
  }
}

async function ask(contender, job, { rate, seconds }) {
  const { origin, child, store } = contender;
  const texts = await textsOf(contender, job, Math.ceil(rate * seconds * 1.3) + 100);
  await store.settle();
  await sleep(REST_MS);
  const generator = spawn(process.execPath, ['bench/steady/generator.js'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { connections, arrivals } = options;
  generator.send({
    port: Number(new URL(origin).port),
    rate,
    seconds,
    connections: Number(connections),
    arrivals,
    texts,
  });
  const before = { service: ticks(child.pid), database: store.cpu() };
  const [result] = await once(generator, 'message');
  const micros = (now, then) => ((now - then) * CLOCK_TICK_MICROS) / result.sent;
  const cost = {
    service: micros(ticks(child.pid), before.service),
    database: micros(store.cpu(), before.database),
  };
  generator.kill();
  return { ...result, ...cost };
}

async function measure(contender, job, rate) {
  const result = await ask(contender, job, { rate, seconds: Number(options.seconds) });
  const wanted = job === 'create' ? 201 : 200;
  if (result.lost > 0 || result.statuses[wanted] !== result.sent) {
    failed = true;
    console.log(`FAIL  ${contender.name} ${job} ${rate}: ${result.lost} lost, ${JSON.stringify(result.statuses)}`);
  }
  const key = `${job} ${rate} ${contender.name}`;
  measured.set(key, [...(measured.get(key) ?? []), result]);
}

function print() {
  const { arrivals, seconds, rounds, connections } = options;
  console.log(
    `\n${arrivals} arrivals over ${connections} connections, medians of ${rounds} × ${seconds} s, ${rows} rows\n`,
  );
  const columns = ['p50', 'p99', 'p999', 'service', 'database'];
  const head = ['job', 'per second', 'who', 'p50 ms', 'p99 ms', 'p99.9 ms', 'service µs', 'database µs', '× bare'];
  const lines = [...measured].map(([key, all]) => {
    const [job, rate, name] = key.split(' ');
    const middle = (results, column) => median(results.map((one) => one[column]));
    const bare = measured.get(`${job} ${rate} bare`);
    const [p50, p99, p999, service, database] = columns.map((column) => middle(all, column));
    return [
      job,
      rate,
      name,
      p50.toFixed(2),
      p99.toFixed(2),
      p999.toFixed(2),
      service.toFixed(0),
      database.toFixed(0),
      bare ? (service / middle(bare, 'service')).toFixed(2) : '',
    ];
  });
  for (const line of [head, head.map(() => '---'), ...lines]) console.log(`| ${line.join(' | ')} |`);
}
