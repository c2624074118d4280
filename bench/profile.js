// Where the service's time goes under one job at a steady rate: `npm run bench:profile -- --jobs read --rate 500`. What the
// main thread does while it is busy: by parts, and the functions with the most of it.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, TEAM } from './contenders.js';
import { JOBS, textsOf } from './jobs.js';
import { openLoop, quiet } from './loads.js';
import { list, readOptions } from './options.js';
import { MariadbStore, SqliteStore } from './stores.js';
import { install } from './support.js';

const WARM_S = 5;
const FUNCTIONS = 30;
/** A profile is written when the process exits by itself, which not everybody does at a signal. */
const EXIT = "data:text/javascript,process.once('SIGTERM',()=>process.exit())";

/** By the script that a sample is in, or by the name of a native function; the first that fits. */
const PARTS = [
  ['writing answers to sockets: the kernel, and waking who reads', /^(writeUtf8String|writeLatin1String|writev)$/],
  ['writing statements to sockets', /^writeBuffer$/],
  ['garbage collection', /^\(garbage collector\)$/],
  ['HTTP, streams, timers: Node', /^node:/],
  ['routing and hooks: Fastify', /node_modules\/(fastify|find-my-way|fast-|@fastify)/],
  ['handlers: Nest', /node_modules\/@nestjs/],
  ['driver and rows: mysql2, better-sqlite3, src/database', /node_modules\/(mysql2|better-sqlite3)|dist\/database/],
  ['the resource kernel: src/crud, query, rows, changes, modules', /dist\/(crud|query|rows|fields|changes|modules)/],
  [
    'access, limits, headers, log, metrics',
    /dist\/(access|http|observability)|node_modules\/(pino|sonic-boom|@prometheus-io)/,
  ],
];

const options = readOptions(
  'bench:profile',
  { jobs: 'read', contender: 'plinth', rate: '500', seconds: '20', connections: '64', rows: '100000' },
  { jobs: JOBS, contender: Object.keys(TEAM) },
);
install({ mariadbd: 'mariadb-server' });
const folder = mkdtempSync(join(tmpdir(), 'plinth-profile-'));
const rows = Number(options.rows);
const Kind = TEAM[options.contender].isEmbedded ? SqliteStore : MariadbStore;
const store = await Kind.of(rows, folder);
try {
  for (const job of list(options.jobs)) await profile(job);
} finally {
  await store.close();
  rmSync(folder, { recursive: true });
}

async function profile(job) {
  const prof = join(folder, job);
  store.secret ??= store.key();
  const flags = ['--cpu-prof', `--cpu-prof-dir=${prof}`, '--cpu-prof-interval=200', '--import', EXIT];
  const contender = await start(options.contender, store, store.secret, { flags });
  const [rate, seconds, connections] = [options.rate, options.seconds, options.connections].map(Number);
  const texts = textsOf(contender, job, rows, rate * (seconds + WARM_S) * 1.3);
  const load = { rate, connections, arrivals: 'poisson' };
  const { requests } = await openLoop(contender, texts.splice(0, rate * WARM_S * 1.2), { ...load, seconds: WARM_S });
  await quiet(contender);
  const result = await openLoop(contender, texts, { ...load, seconds });
  contender.child.kill('SIGTERM');
  await once(contender.child, 'exit');
  const file = readdirSync(prof).find((name) => /\.0\.\d+\.cpuprofile$/.test(name));
  console.log(
    `\n${job}, ${options.contender}: ${rate}/s, ${result.service.toFixed(0)} µs of the service and ${result.database.toFixed(0)} of the database for a request; p99 ${result.p99.toFixed(1)} ms (${requests} requests before it)\n`,
  );
  print(JSON.parse(readFileSync(join(prof, file), 'utf8')), seconds, result.requests);
}

function print({ nodes, samples, timeDeltas }, seconds, requests) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [parts, functions] = [new Map(), new Map()];
  const add = (map, key, time) => map.set(key, (map.get(key) ?? 0) + time);
  // What came before, and the end, are not what is looked at.
  let [busy, left, at] = [0, seconds * 1e6, samples.length - 1];
  for (; at >= 0 && left > 0; at--) {
    left -= timeDeltas[at];
    const { url, functionName, lineNumber } = frames.get(samples[at]);
    if (functionName === '(idle)' || functionName === '(program)') continue;
    const place = url === '' ? functionName : url;
    const [part = 'the rest: promises, JSON, compiled code without a name'] =
      PARTS.find(([, is]) => is.test(place)) ?? [];
    add(parts, part, timeDeltas[at]);
    add(
      functions,
      `${functionName || '(anonymous)'} ${url.replace(/.*\/(?=(dist|node_modules)\/)/, '')}:${lineNumber + 1}`,
      timeDeltas[at],
    );
    busy += timeDeltas[at];
  }
  const line = ([what, time]) =>
    `${((100 * time) / busy).toFixed(1).padStart(5)} % ${(time / requests).toFixed(1).padStart(6)} µs  ${what}`;
  const sorted = (map) => [...map].sort(([, a], [, b]) => b - a);
  console.log(sorted(parts).map(line).join('\n'));
  console.log(`\n${sorted(functions).slice(0, FUNCTIONS).map(line).join('\n')}`);
}
