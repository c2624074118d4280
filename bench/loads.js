// How it is asked: by so many connections that ask again at once (a closed loop, by wrk), or at a rate that knows nothing of the
// answers (an open loop, by generator.js); and what that costs those who answer.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CLOCK_TICK_MICROS, ticks } from './support.js';

const run = promisify(execFile);
const QUIET_MS = 50;
const LONGEST_QUIET_MS = 10_000;

/** @returns requests, microseconds, refused, broken, perSecond; p50 and p99 in ms; processor time in µs for a request */
export async function closedLoop(contender, texts, { connections, seconds }) {
  const file = join(tmpdir(), `plinth-bench-texts-${process.pid}`);
  writeFileSync(file, texts.join('\0'));
  const seed = String(Math.floor(Math.random() * 1e9));
  const asked = ['-t', '1', '-c', connections, '-d', `${seconds}s`, '--timeout', '10s', '-s', 'bench/wrk.lua'];
  try {
    return await priced(contender, async () => {
      const { stdout } = await run('wrk', [...asked.map(String), contender.origin, '--', file, seed]);
      const result = JSON.parse(/^RESULT (.+)$/m.exec(stdout)[1]);
      const perSecond = (result.requests * 1e6) / result.microseconds;
      return { ...result, perSecond, p50: result.p50 / 1_000, p99: result.p99 / 1_000 };
    });
  } finally {
    rmSync(file);
  }
}

/** @returns requests, lost, statuses; p50, p99 and p999 in ms from when each should have been sent; processor time as above */
export async function openLoop(contender, texts, { rate, seconds, connections, arrivals }) {
  const generator = fork('bench/generator.js');
  try {
    const port = Number(new URL(contender.origin).port);
    return await priced(contender, async () => {
      generator.send({ port, rate, seconds, connections, arrivals, texts });
      const [result] = await once(generator, 'message');
      return result;
    });
  } finally {
    generator.kill();
  }
}

async function priced({ child, store }, work) {
  const spent = () => ({ service: ticks(child.pid), database: store.cpu() });
  const before = spent();
  const result = await work();
  const after = spent();
  const micros = (who) => ((after[who] - before[who]) * CLOCK_TICK_MICROS) / result.requests;
  return { ...result, service: micros('service'), database: micros('database') };
}

/** Waits until what was under way is done, and in its place: it would otherwise be in the way of the next one. */
export async function quiet({ child, store }) {
  await store.settle();
  const spent = () => ticks(child.pid) + store.cpu();
  const end = performance.now() + LONGEST_QUIET_MS;
  // One look is not enough on a machine where nobody gets a processor for as long.
  for (let [before, calm] = [-Infinity, 0]; performance.now() < end && calm < 2;) {
    calm = !(await store.isBusy()) && spent() - before <= 1 ? calm + 1 : 0;
    before = spent();
    await sleep(QUIET_MS);
  }
}
