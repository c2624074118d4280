// Another caller, who reads a row fifty times a second, and the probe of an orchestrator. Both keep to their rate however
// slow the answers are: a time counts from when the request should have been sent.
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { rowAt } from '../rows.js';
import { memoryMib, percentile } from '../support.js';
import { ROWS } from './rows.js';

const READ_EVERY_MS = 20;
const PROBE_EVERY_MS = 200;
const READ_TIMEOUT_MS = 5_000;
/** As Kubernetes has it by default. */
const PROBE_TIMEOUT_MS = 1_000;
const LOOK_EVERY_MS = 50;
/** Together less than the caller may ask in a minute, with what comes then. */
const WARM_TURNS = 50;
const WARM_AT_ONCE = 40;

export class Bystander {
  constructor({ origin, child }, key) {
    this.origin = origin;
    this.child = child;
    this.headers = { authorization: `Bearer ${key}` };
    this.agent = new Agent({ keepAlive: true });
  }

  /** Until code is compiled, connections are open and young memory has its size: none of it is the attack's. */
  async warm() {
    for (let turn = 0; turn < WARM_TURNS; turn++)
      await Promise.all(
        Array.from({ length: WARM_AT_ONCE }, () => this.ask(rowPath(), READ_TIMEOUT_MS, performance.now())),
      );
    await this.watch(() => sleep(1_000));
  }

  /** What one who asks meanwhile sees. */
  async watch(work) {
    const [reads, probes] = [[], []];
    let mostMib = 0;
    const look = setInterval(() => (mostMib = Math.max(mostMib, this.mib())), LOOK_EVERY_MS);
    const ends = [
      this.repeat(READ_EVERY_MS, (due) => this.ask(rowPath(), READ_TIMEOUT_MS, due), reads),
      this.repeat(PROBE_EVERY_MS, (due) => this.ask('/health/live', PROBE_TIMEOUT_MS, due), probes),
    ];
    const result = await work();
    await Promise.all(ends.map((end) => end()));
    clearInterval(look);
    const times = reads.map(({ ms }) => ms);
    const bad = reads.filter(({ status }) => status !== 200);
    return {
      result,
      reads: reads.length,
      success: 100 - (100 * bad.length) / reads.length,
      failures: countBy(bad, ({ status }) => status),
      p50: percentile(times, 50),
      p99: percentile(times, 99),
      max: Math.max(...times),
      probes: probes.length,
      probesFailed: probes.filter(({ status }) => status !== 200).length,
      mostMib,
    };
  }

  /** 0 of a process that has ended. */
  mib() {
    const { exitCode, signalCode, pid } = this.child;
    return exitCode === null && signalCode === null ? memoryMib(pid) : 0;
  }

  close() {
    this.agent.destroy();
  }

  repeat(everyMs, ask, outcomes) {
    let over = false;
    const pending = new Set();
    const run = async () => {
      const begun = performance.now();
      for (let n = 0; !over; n++) {
        const due = begun + n * everyMs;
        const wait = due - performance.now();
        if (wait > 0) await sleep(wait);
        const one = ask(due).then((outcome) => {
          outcomes.push(outcome);
          pending.delete(one);
        });
        pending.add(one);
      }
    };
    const running = run();
    return async () => {
      over = true;
      await running;
      await Promise.all(pending);
    };
  }

  ask(path, timeoutMs, due) {
    return new Promise((resolve) => {
      const end = (status) => resolve({ status, ms: performance.now() - due });
      const request = get(this.origin + path, { agent: this.agent, headers: this.headers }, (answer) => {
        answer.on('end', () => end(answer.statusCode));
        answer.on('error', ({ code }) => end(code));
        answer.resume();
      });
      request.on('error', ({ code, message }) => end(code ?? message));
      setTimeout(() => request.destroy(new Error('too late')), timeoutMs - (performance.now() - due)).unref();
    });
  }
}

function rowPath() {
  return `/api/resource/${rowAt(Math.floor(Math.random() * ROWS)).id}`;
}

function countBy(all, of) {
  const counts = {};
  for (const one of all) counts[of(one)] = (counts[of(one)] ?? 0) + 1;
  return counts;
}
