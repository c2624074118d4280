import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal, type Entry } from './journal.js';

/** Longer than any answer may take: who waits so long has had none. */
export const NO_ANSWER_MS = 30_000;
/** Between two requests of one caller whose last one was not answered with 2xx. */
const PAUSE_MS = 50;

export interface Answer {
  /** 0 where the connection broke, or nothing came. */
  readonly status: number;
  readonly method: string;
  /** Of the problem; `ok`, or `no-answer`. */
  readonly code: string;
  readonly ms: number;
  readonly retryAfter: string | null;
  readonly id?: string | undefined;
}

/** Callers that write and read all the time, each waiting for its answer, and keep a journal of what they were told. */
export class Load {
  readonly journal = new Journal();
  /** In the order in which they came. */
  readonly answers: Answer[] = [];
  /** Sets its rows and names apart from those of all other loads on the same database. */
  private readonly run = randomUUID().slice(0, 6);
  private isOver = false;
  private running: Promise<unknown> = Promise.resolve();

  /** @param origins of the replicas, of which each caller has one */
  constructor(
    private readonly origins: () => readonly string[],
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async begin(callers = 8): Promise<void> {
    await Promise.all(
      Array.from({ length: callers }, (_, n) => this.ask(n, 'PUT', `/${this.run}-${n}`, { name: '-' })),
    );
    this.answers.length = 0;
    this.running = Promise.all(Array.from({ length: callers }, (_, n) => this.call(n)));
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  /** Waits until so many writes more were acknowledged. @returns how long that took */
  async acknowledges(more: number, ms = 20_000): Promise<number> {
    const begun = performance.now();
    const enough = this.journal.acknowledged + more;
    for (; this.journal.acknowledged < enough; await sleep(10))
      if (performance.now() - begun > ms) throw new Error(`No ${more} writes in ${ms} ms: ${this.codes().join(', ')}`);
    return performance.now() - begun;
  }

  /** All codes that were answered from the given answer on. */
  codes(from = 0): string[] {
    return [...new Set(this.answers.slice(from).map(({ code }) => code))].sort();
  }

  private async call(caller: number): Promise<void> {
    for (let n = 0; !this.isOver; n++) {
      const name = `${this.run} ${caller}.${n}`;
      const own = `${this.run}-${caller}`;
      if (n % 4 === 0) await this.createOnce(caller, name);
      else if (n % 4 === 1) await this.write(caller, { op: 'created', name }, 'POST', '');
      else if (n % 4 === 2) await this.write(caller, { op: 'updated', name, id: own }, 'PUT', `/${own}`);
      else await this.readBack(caller);
    }
  }

  /** With a key the same request is sent until its outcome is known, whatever happens in between. */
  private async createOnce(caller: number, name: string): Promise<void> {
    const key = { 'idempotency-key': name.replace(' ', '-') };
    const entry: Entry = { op: 'created', name, outcome: 'unknown' };
    this.journal.entries.push(entry);
    for (;;) {
      const answer = await this.ask(caller, 'POST', '', { name }, key);
      if (answer.status === 201) return void Object.assign(entry, { outcome: 'acknowledged', id: answer.id });
      if (this.isOver) return;
      // Reading may work where writing does not.
      await this.readBack(caller);
    }
  }

  private async write(caller: number, what: Omit<Entry, 'outcome'>, method: string, path: string): Promise<void> {
    const entry: Entry = { ...what, outcome: 'unknown' };
    this.journal.entries.push(entry);
    const { status, code, id } = await this.ask(caller, method, path, { name: what.name });
    if (status >= 200 && status < 300) Object.assign(entry, { outcome: 'acknowledged', id: what.id ?? id });
    else if (status > 0 && code !== 'commit-outcome-unknown') entry.outcome = 'refused';
  }

  /** The last write that was acknowledged is there for whoever asks. */
  private async readBack(caller: number): Promise<void> {
    const last = this.journal.entries.findLast(
      ({ op, outcome, name }) =>
        op === 'created' && outcome === 'acknowledged' && name.startsWith(`${this.run} ${caller}.`),
    );
    await this.ask(caller, 'GET', `/${last?.id ?? `${this.run}-${caller}`}`);
  }

  private async ask(caller: number, method: string, path: string, body?: object, headers?: object): Promise<Answer> {
    const origins = this.origins();
    const begun = performance.now();
    const call = fetch(`${origins[caller % origins.length]}/api/resource${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...this.headers, ...headers },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(NO_ANSWER_MS),
    });
    const answer = await call.then(read, () => ({ status: 0, code: 'no-answer', retryAfter: null }));
    const told = { method, ...answer, ms: performance.now() - begun };
    this.answers.push(told);
    if (told.code !== 'ok') await sleep(PAUSE_MS);
    return told;
  }
}

async function read(answer: Response): Promise<Omit<Answer, 'ms' | 'method'>> {
  const text = await answer.text();
  const { code = 'ok', data } = (text === '' ? {} : JSON.parse(text)) as { code?: string; data?: { id: string } };
  return { status: answer.status, code, retryAfter: answer.headers.get('retry-after'), id: data?.id };
}
