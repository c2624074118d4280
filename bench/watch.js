// npm run bench:watch — two thousand watchers, latency from one process to another, and a writer that stalls.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { fileURLToPath } from 'node:url';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { median, percentile, Report, service } from './support.js';
import { ThrowAwayMariadb } from '../src/testing/mariadb.ts';

const WATCHERS = 2_000;
const CHANGES_A_SECOND = 50;
const SECONDS = 10;

if (process.argv[2] === 'watchers') await watchMany(process.argv[3], Number(process.argv[4]));
else await main();

async function main() {
  const report = new Report();
  const server = await ThrowAwayMariadb.start();
  const root = await mysql.createConnection({ uri: server.url.replace('mariadb:', 'mysql:') });
  await root.query('CREATE DATABASE bench');
  const url = `${server.url}bench`;
  const migrate = spawn(process.execPath, ['dist/migrate.cli.js'], {
    env: { ...process.env, DATABASE_URL: url },
  });
  await once(migrate, 'exit');
  const env = { WATCHERS: '5000' };
  const [one, two] = [await service(url, env), await service(url, env)];
  try {
    await manyWatchers(report, one);
    await acrossProcesses(report, one, two);
    await stalledWriter(report, one, two, root);
  } finally {
    for (const { child } of [one, two]) child.kill('SIGKILL');
    await root.end();
    await server.stop();
  }
  process.exitCode = report.failed ? 1 : 0;
}

async function manyWatchers(report, { origin, rssMib }) {
  await write(origin, 'read-me');
  const alone = await load(origin);
  const watchers = fork(fileURLToPath(import.meta.url), ['watchers', origin, String(WATCHERS)]);
  await once(watchers, 'message');
  const watched = await load(origin);
  let most = rssMib();
  await sleep(500);
  most = Math.max(most, rssMib());
  watchers.send('report');
  const [{ least, dropped }] = await once(watchers, 'message');
  watchers.kill('SIGKILL');
  const expected = watched.changes;
  if (least < expected) throw new Error(`A watcher saw ${least} of ${expected} changes (${dropped} were dropped)`);
  console.log(
    `      GET p50/p99 without watchers ${median(alone.times).toFixed(1)}/${percentile(alone.times, 99).toFixed(1)} ms, with ${WATCHERS}: ${median(watched.times).toFixed(1)}/${percentile(watched.times, 99).toFixed(1)} ms`,
  );
  report.line(
    `GET p99 with ${WATCHERS} watchers and ${CHANGES_A_SECOND} changes/s, more by`,
    percentile(watched.times, 99) - percentile(alone.times, 99),
    100,
    ' ms',
  );
  report.line('memory of that process', most, 400, ' MiB');
}

/** Changes at a steady rate, with reads between; each read timed. */
async function load(origin) {
  const times = [];
  let changes = 0;
  const end = performance.now() + SECONDS * 1_000;
  const writes = (async () => {
    for (let next = performance.now(); next < end; next += 1_000 / CHANGES_A_SECOND) {
      await sleep(Math.max(0, next - performance.now()));
      changes++;
      void write(origin, `load-${changes % 50}`);
    }
  })();
  while (performance.now() < end) {
    const begun = performance.now();
    const answer = await fetch(`${origin}/api/resource/read-me`);
    if (answer.status !== 200) throw new Error(`GET answered ${answer.status}`);
    await answer.text();
    times.push(performance.now() - begun);
    await sleep(5);
  }
  await writes;
  await sleep(1_000);
  return { times, changes };
}

/** From the answer of a write on one process to the event on another. */
async function acrossProcesses(report, one, two) {
  const seen = new Map();
  const stop = await watch(two.origin, (subject) => seen.set(subject, performance.now()));
  const written = new Map();
  for (let n = 0; n < 500; n++) {
    await write(one.origin, `across-${n}`);
    written.set(`across-${n}`, performance.now());
    await sleep(15);
  }
  await sleep(1_000);
  stop();
  const latencies = [...written].map(([id, at]) => {
    if (!seen.has(id)) throw new Error(`${id} was not seen`);
    return Math.max(0, seen.get(id) - at);
  });
  report.line('from commit to a watcher on another process, p50', median(latencies), 50, ' ms');
  report.line('p99', percentile(latencies, 99), 500, ' ms');
}

/** A transaction that has recorded its change and does not commit for two seconds. */
async function stalledWriter(report, one, two, root) {
  const seen = new Map();
  const stop = await watch(two.origin, (subject) => seen.set(subject, performance.now()));
  await root.query('USE bench');
  await root.beginTransaction();
  await root.query(
    "INSERT INTO change_log (id, module, resource_id, version, op, after, actor, trace_id) VALUES ('00000000-stalled', 'resource', 'stalled', 1, 'created', '{}', 'x', 'x')",
  );
  const latencies = [];
  for (let n = 0; n < 40; n++) {
    await write(one.origin, `beside-${n}`);
    const at = performance.now();
    while (!seen.has(`beside-${n}`) && performance.now() - at < 3_000) await sleep(2);
    latencies.push(performance.now() - at);
    await sleep(30);
  }
  if (seen.has('stalled')) throw new Error('What was not committed was shown');
  await root.commit();
  await sleep(500);
  if (!seen.has('stalled')) throw new Error('What was committed late was not shown');
  stop();
  report.line('beside a writer that stalls, p99 of the others', percentile(latencies, 99), 500, ' ms');
}

async function write(origin, id) {
  const body = JSON.stringify({ name: `at ${performance.now()}` });
  const answer = await fetch(`${origin}/api/resource/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body,
  });
  if (!answer.ok) throw new Error(`PUT answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** A plain socket: what is measured is the service, and not a client library. */
async function watch(origin, onSubject) {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(`GET /api/resource:watch HTTP/1.1\r\nHost: ${hostname}\r\nAccept: text/event-stream\r\n\r\n`);
  let begun;
  const ready = new Promise((resolve) => (begun = resolve));
  socket.on('data', (chunk) => {
    const text = String(chunk);
    if (text.includes('event: bookmark')) begun();
    for (const [, subject] of text.matchAll(/"subject":"([^"]+)"/g)) onSubject(subject);
  });
  await ready;
  return () => socket.destroy();
}

/** In a process of its own, so that reading two thousand streams does not slow down what is measured. */
async function watchMany(origin, count) {
  const seen = new Uint32Array(count);
  let dropped = 0;
  const { hostname, port } = new URL(origin);
  const event = Buffer.from('\nevent: updated');
  const made = Buffer.from('\nevent: created');
  for (let from = 0; from < count; from += 100) {
    await Promise.all(
      Array.from({ length: Math.min(100, count - from) }, async (_, at) => {
        const socket = connect(Number(port), hostname);
        socket.write(`GET /api/resource:watch HTTP/1.1\r\nHost: ${hostname}\r\nAccept: text/event-stream\r\n\r\n`);
        await once(socket, 'data');
        socket.on('close', () => dropped++);
        socket.on('data', (chunk) => {
          for (const kind of [event, made])
            for (let i = chunk.indexOf(kind); i !== -1; i = chunk.indexOf(kind, i + 1)) seen[from + at]++;
        });
      }),
    );
  }
  process.on('message', () => process.send({ least: Math.min(...seen), dropped }));
  process.send('ready');
}
