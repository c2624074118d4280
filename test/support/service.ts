import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './mariadb.js';

const spawned: Service[] = [];
// Also what a failed test has left: it would keep the whole run from ending.
afterAll(() => Promise.all(spawned.map((service) => service.kill())));

/** The built service as a process of its own. */
export class Service {
  output = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly origin: string,
  ) {
    child.stdout!.on('data', (chunk: Buffer) => (this.output += String(chunk)));
    child.stderr!.on('data', (chunk: Buffer) => (this.output += String(chunk)));
  }

  /** @param flags of Node's @param main the program that is started */
  static async spawn(env: Record<string, string>, flags: string[] = [], main = 'dist/main.js'): Promise<Service> {
    const port = env.PORT ?? String(await freePort());
    // A whole run shares the machine: nothing is to be refused for that.
    const options = { env: { PATH: process.env.PATH, PORT: port, SHED_DELAY_MS: '0', ...env } };
    const child = spawn(process.execPath, [...flags, '--enable-source-maps', main], options);
    const service = new Service(child, `http://127.0.0.1:${port}`);
    spawned.push(service);
    return service;
  }

  /** Waits until `path` answers with `status`, for so many milliseconds. */
  async until(path: string, status = 200, ms = 10_000): Promise<void> {
    for (const end = Date.now() + ms; ; await sleep(20)) {
      const answer = await fetch(`${this.origin}${path}`).catch(() => undefined);
      if (answer?.status === status) return;
      if (Date.now() > end) throw new Error(`${path} did not become ${status}:\n${this.output}`);
    }
  }

  /** The memory of the process now, in MiB. */
  get memoryMib(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
  }

  get pid(): number {
    return this.child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @returns the exit code, or the signal that ended the process */
  async ended(): Promise<number | NodeJS.Signals> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode ?? this.child.signalCode!;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }
}
