// Requests at a steady rate, whatever the answers take ("open loop"): a process of its own, told by one message
// what to ask, answers with one. A time counts from when its request should have been sent, so that one slow answer is not
// hidden by the others that wait for it (coordinated omission).
import { once } from 'node:events';
import { connect } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const LONGEST_WAIT_MS = 5_000;
const END = Buffer.from('\r\n\r\n');
const LENGTH = /^content-length: (\d+)/im;

/** A connection that asks for one thing at a time. */
class Connection {
  /** @param idle where it goes when it has its answer */
  constructor(port, idle) {
    this.idle = idle;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => this.take(chunk));
    this.parts = [];
    this.bytes = 0;
    this.wanted = undefined;
  }

  /** @param answered called with the status */
  ask(text, answered) {
    this.answered = answered;
    this.socket.write(text);
  }

  take(chunk) {
    this.parts.push(chunk);
    this.bytes += chunk.length;
    if (this.wanted === undefined) {
      const all = this.parts.length === 1 ? chunk : Buffer.concat(this.parts);
      const end = all.indexOf(END);
      if (end === -1) return;
      const head = all.toString('latin1', 0, end);
      this.status = Number(head.slice(9, 12));
      this.wanted = end + END.length + Number(LENGTH.exec(head)[1]);
    }
    if (this.bytes < this.wanted) return;
    this.parts.length = 0;
    this.bytes = 0;
    this.wanted = undefined;
    const { answered } = this;
    this.idle(this);
    answered(this.status);
  }
}

/**
 * @param rate requests per second
 * @param arrivals `constant`, or `poisson`: as of many callers who know nothing of each other
 * @param texts what is asked, one after the other
 */
async function run({ port, rate, seconds, connections, arrivals, texts }) {
  const idle = [];
  const waiting = [];
  const all = Array.from({ length: connections }, () => new Connection(port, (one) => free(one)));
  function free(connection) {
    const next = waiting.shift();
    if (next) next(connection);
    else idle.push(connection);
  }
  await Promise.all(all.map(({ socket }) => once(socket, 'connect')));
  idle.push(...all);

  const times = [];
  const statuses = {};
  let sent = 0;
  const send = (due) => {
    const text = texts[sent++ % texts.length];
    const go = (connection) =>
      connection.ask(text, (status) => {
        times.push(now() - due);
        statuses[status] = (statuses[status] ?? 0) + 1;
      });
    // Never the one that was used last: as many callers, not one who always comes back.
    const connection = idle.shift();
    if (connection) go(connection);
    else waiting.push(go);
  };
  const clock = new Worker(new URL(import.meta.url), { workerData: { rate, seconds, arrivals } });
  clock.on('message', send);
  await once(clock, 'exit');
  for (const end = now() + LONGEST_WAIT_MS; times.length < sent && now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
  for (const { socket } of all) socket.destroy();
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { requests: sent, lost: sent - times.length, statuses, p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

/**
 * Says when each request is due, on a thread of its own, which sleeps in between: a timer of Node would be a millisecond late,
 * which is longer than a read takes, and who stays awake takes a processor from those who are measured.
 */
function tell({ rate, seconds, arrivals }) {
  const never = new Int32Array(new SharedArrayBuffer(4));
  const gap = () => (arrivals === 'poisson' ? -Math.log(1 - Math.random()) : 1) * (1000 / rate);
  const begun = now();
  for (let due = begun + gap(); due < begun + seconds * 1000; due += gap()) {
    const left = due - now();
    if (left > 0) Atomics.wait(never, 0, 0, left);
    parentPort.postMessage(due);
  }
}

/** Milliseconds, the same on all threads. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}

if (isMainThread) process.on('message', async (task) => process.send(await run(task)));
else tell(workerData);
