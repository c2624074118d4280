import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { freePort } from '../src/testing/mariadb.js';
import { Service } from './support/service.js';

const FAST_STOP = { SHUTDOWN_DRAIN_MS: '300', SHUTDOWN_IN_FLIGHT_MS: '2000', SHUTDOWN_DEADLINE_MS: '4000' };

describe('the process', () => {
  let database: TestDatabase;
  let service: Service | undefined;
  const groups: number[] = [];
  const start = async (env: Record<string, string> = {}): Promise<Service> => {
    service = await Service.spawn({ DATABASE_URL: database.url, ...FAST_STOP, ...env });
    return service;
  };
  beforeEach(async () => {
    database = await freshDatabase('sqlite');
  });
  afterEach(async () => {
    await service?.kill();
    // Left by a test that failed: its processes would keep the whole run from ending.
    for (const group of groups.splice(0)) endGroup(group);
    await database.drop();
  });

  it('exits 78 at once and names every bad setting, but no value', async () => {
    const { output, code } = await start({ PORT: 'canary', LOG_LEVEL: 'canary', DATABASE_URL: 'canary' }).then(
      async (child) => ({ code: await child.ended(), output: child.output }),
    );
    expect(code).toBe(78);
    for (const key of ['PORT', 'LOG_LEVEL', 'DATABASE_URL'])
      expect(output).toMatch(new RegExp(`^ {2}${key} must be`, 'm'));
    expect(output).not.toContain('canary');
  });

  it('makes its database, serves, and has what it stored when it is started again', async () => {
    const child = await start();
    await child.until('/health/ready');
    const made = await fetch(`${child.origin}/api/resource`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"id":"a","name":"x"}',
    });
    expect(made.status).toBe(201);
    await child.kill();
    const again = await start();
    await again.until('/health/ready');
    expect(await (await fetch(`${again.origin}/api/resource?id=a`)).text()).toBe(await made.text());
  });

  it('listens while the database is away, and says so', async () => {
    const child = await start({ DATABASE_URL: 'mariadb://nobody@127.0.0.1:1/nothing' });
    await child.until('/health/live');
    for (const path of ['/health/ready', '/health/startup', '/health'])
      expect((await fetch(child.origin + path)).status).toBe(503);
    const answer = await fetch(`${child.origin}/api/resource`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toMatchObject({ code: 'database-unavailable' });
    child.signal('SIGTERM');
    expect(await child.ended()).toBe(0);
  });

  it('drains on SIGTERM: not ready but serving, what is in flight finishes, exit 0', async () => {
    const child = await start();
    await child.until('/health/ready');
    const { port } = new URL(child.origin);
    const slow = connect(Number(port), '127.0.0.1');
    const body = '{"id":"slow","name":"x"}';
    slow.write(
      `POST /api/resource HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    let answer = '';
    slow.on('data', (chunk: Buffer) => (answer += String(chunk)));
    await sleep(50);
    child.signal('SIGTERM');
    await child.until('/health/ready', 503);
    expect((await fetch(`${child.origin}/health/live`)).status).toBe(200);
    const drained = await fetch(`${child.origin}/api/resource`);
    expect({ status: drained.status, connection: drained.headers.get('connection') }).toEqual({
      status: 200,
      connection: 'close',
    });
    await sleep(400);
    // The listener is closed by now; the request that had begun is not.
    await expect(fetch(`${child.origin}/health/live`)).rejects.toThrow();
    slow.write(body.slice(5));
    expect(await child.ended()).toBe(0);
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(child.output).toContain('"msg":"Stopped"');
  });

  it('exits 1 at a second signal, and when a request does not end', async () => {
    const child = await start({ SHUTDOWN_DRAIN_MS: '3000' });
    await child.until('/health/ready');
    child.signal('SIGTERM');
    await sleep(200);
    child.signal('SIGTERM');
    expect(await child.ended()).toBe(1);
  });

  it.each(['npm itself', 'its whole process group'])(
    'ends with npm start: a signal to %s',
    async (target) => {
      const PORT = String(await freePort());
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, PORT, DATABASE_URL: database.url, ...FAST_STOP };
      const npm = spawn('npm', ['start'], { env, detached: true, stdio: 'ignore' });
      groups.push(npm.pid!);
      const ended = once(npm, 'exit');
      const answer = () => fetch(`http://127.0.0.1:${PORT}/health/ready`).catch(() => undefined);
      for (const end = Date.now() + 20_000; (await answer())?.status !== 200; await sleep(50)) {
        if (Date.now() > end) throw new Error('npm start did not serve');
      }
      process.kill(target === 'npm itself' ? npm.pid! : -npm.pid!, 'SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(await answer()).toBeUndefined();
      // Nobody is left of the group.
      expect(() => process.kill(-npm.pid!, 0)).toThrow('ESRCH');
    },
    40_000,
  );

  it('ends in order when it is told to while it starts', async () => {
    for (let ms = 0; ms < 1_500; ms += 100) {
      const child = await start({ SHUTDOWN_DRAIN_MS: '0' });
      await sleep(ms);
      child.signal('SIGTERM');
      // A process has no handlers before its code runs.
      expect([0, 'SIGTERM']).toContain(await child.ended());
      expect(child.output).not.toContain('error');
    }
  }, 60_000);

  it('that can not listen says so in a line, and ends without a drain', async () => {
    const first = await start();
    await first.until('/health/ready');
    const { port } = new URL(first.origin);
    const second = await Service.spawn({ DATABASE_URL: database.url, PORT: port, SHUTDOWN_DRAIN_MS: '600000' });
    expect(await second.ended()).toBe(1);
    expect(second.output).toMatch(new RegExp(`^Can not listen on 127.0.0.1, port ${port}: EADDRINUSE$`, 'm'));
    expect(second.output).not.toMatch(/^\s+at |\\n\s+at /m);
    expect((await fetch(`${first.origin}/health/live`)).status).toBe(200);
  });

  it('exits 78 where only the server can tell that the configuration is wrong', async () => {
    const server = process.env.PLINTH_TEST_SERVER;
    if (server === undefined) return;
    const url = server.replace(/^\w+:/, server.startsWith('mysql:') ? 'mariadb:' : 'mysql:');
    const child = await start({ DATABASE_URL: `${url}mysql`, SHUTDOWN_DRAIN_MS: '600000' });
    expect(await child.ended()).toBe(78);
    expect(child.output).toMatch(/^DATABASE_URL says /m);
  });
});

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
