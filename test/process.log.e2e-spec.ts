import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogOutput } from '../src/observability/log-output.js';
import { freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { freePort } from '../src/testing/mariadb.js';

const STOP = { SHUTDOWN_DRAIN_MS: '100', SHUTDOWN_IN_FLIGHT_MS: '1000', SHUTDOWN_DEADLINE_MS: '20000' };
/** Requests with a few hundred bytes of log each: more than a pipe, and what is kept for its reader, hold. */
const REQUESTS = 40_000;

describe('the log, when its reader', () => {
  let database: TestDatabase;
  let child: ChildProcess;
  let origin: string;
  /** @param stdout where standard output goes; a pipe that nobody reads unless it says otherwise */
  const start = async (stdout: number | 'pipe' = 'pipe', program = [process.execPath, 'dist/main.js']) => {
    const PORT = String(await freePort());
    const env = { PATH: process.env.PATH, PORT, DATABASE_URL: database.url, ...STOP };
    child = spawn(program[0]!, program.slice(1), { env, stdio: ['ignore', stdout, 'ignore'] });
    origin = `http://127.0.0.1:${PORT}`;
    for (const end = Date.now() + 15_000; ; await sleep(20)) {
      const answer = await fetch(`${origin}/health/ready`).catch(() => undefined);
      if (answer?.status === 200) return;
      if (Date.now() > end) throw new Error('The service did not get ready');
    }
  };
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? child.signalCode;
  };
  const ask = async (times: number) => {
    for (let left = times; left > 0; left -= 100)
      await Promise.all(Array.from({ length: 100 }, async () => (await fetch(`${origin}/nothing`)).text()));
  };
  const dropped = async () => {
    const text = await (await fetch(`${origin}/metrics`)).text();
    return Number(/^plinth_log_dropped_lines_total (\d+)$/m.exec(text)![1]);
  };
  beforeEach(async () => void (database = await freshDatabase('sqlite')));
  afterEach(async () => {
    child.kill('SIGKILL');
    await ended();
    await database.drop();
  });

  it('does not read, is not waited for: what is kept is bounded, what was dropped is counted, and said later', async () => {
    await start();
    await ask(REQUESTS);
    expect(await dropped()).toBeGreaterThan(0);
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => (text += String(chunk)));
    for (const end = Date.now() + 20_000; !text.includes('"dropped"'); await sleep(20)) {
      if (Date.now() > end) throw new Error('The log does not say what it has dropped');
    }
    const lost = await dropped();
    child.kill('SIGTERM');
    expect(await ended()).toBe(0);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { dropped?: number; level: number });
    expect(lines.filter((line) => line.dropped !== undefined)).toEqual([
      expect.objectContaining({ level: 40, dropped: lost }),
    ]);
    // All the others are there, and none is cut.
    expect(lines.length).toBeGreaterThan(REQUESTS - lost);
    expect(Buffer.byteLength(text)).toBeLessThan(5_000_000);
  }, 120_000);

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'does not read, does not keep the process from ending (%s)',
    async (signal) => {
      await start();
      await ask(3_000);
      child.kill(signal);
      expect(await ended()).toBe(0);
    },
    60_000,
  );

  it('is gone, is not missed', async () => {
    await start();
    child.stdout!.destroy();
    await ask(300);
    await sleep(300);
    await ask(100);
    expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
    expect(await dropped()).toBeGreaterThan(300);
    child.kill('SIGTERM');
    expect(await ended()).toBe(0);
  }, 60_000);

  (existsSync('/dev/full') ? it : it.skip)(
    'is a full disk, is not missed',
    async () => {
      await start(openSync('/dev/full', 'w'));
      await ask(300);
      await sleep(300);
      expect(await dropped()).toBeGreaterThan(100);
      child.kill('SIGTERM');
      expect(await ended()).toBe(0);
    },
    60_000,
  );
});

describe('the output of the log', () => {
  it('keeps whole lines up to its limit', () => {
    const written: string[] = [];
    const stream = { writableLength: 0, on: () => stream, write: (text: Buffer) => written.push(String(text)) };
    const output = new LogOutput(stream as never, 10);
    output.write('one\n');
    stream.writableLength = 8;
    output.write('two\nthree\n');
    expect({ written, dropped: output.dropped }).toEqual({ written: ['one\n'], dropped: 2 });
    stream.writableLength = 0;
    output.write('four\n');
    expect(written.slice(1)).toEqual([expect.stringContaining('"dropped":2'), 'four\n']);
    output.tellDropped();
    expect(written).toHaveLength(3);
  });
});
