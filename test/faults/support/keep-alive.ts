import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** So short that no connection is idle for as long as a replica drains. */
const PAUSE_MS = 100;

/** Callers on connections that they keep, each of which asks again and again, and repeats nothing. */
export class KeepAliveCallers {
  /** Names of the rows that were made. */
  readonly made: string[] = [];
  answered = 0;
  /** Requests that were lost: without an answer, or with another one than they should have. */
  readonly lost: string[] = [];
  private isOver = false;
  private readonly running: Promise<unknown>;

  /** @param originOf where a caller finds the service when it asks */
  constructor(count: number, originOf: (caller: number) => string) {
    this.running = Promise.all(Array.from({ length: count }, (_, caller) => this.call(caller, originOf)));
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  private async call(caller: number, originOf: (caller: number) => string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let n = 0; !this.isOver; n++, await sleep(PAUSE_MS)) {
      const name = `${caller}.${n}`;
      const ask = n % 2 === 0 ? { status: 201, body: JSON.stringify({ name }) } : { status: 200 };
      const outcome = await this.ask(agent, originOf(caller), ask.body);
      this.answered++;
      if (outcome !== ask.status) this.lost.push(`${name}: ${outcome}`);
      else if (ask.body !== undefined) this.made.push(name);
    }
    agent.destroy();
  }

  private ask(agent: Agent, origin: string, body?: string): Promise<number | string> {
    const head = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' } };
    return new Promise((resolve) => {
      const path = `${origin}/api/resource${body === undefined ? '?limit=1' : ''}`;
      const call = request(path, { agent, ...head }, (answer) => {
        answer.on('error', (error) => resolve(error.message));
        answer.resume().on('end', () => resolve(answer.statusCode!));
      });
      call.on('error', (error) => resolve(error.message));
      call.end(body);
    });
  }
}
