import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../src/config/config.js';
import { freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { freePort } from '../src/testing/mariadb.js';
import { Service } from './support/service.js';

const PROBES = ['/health/live', '/health/ready', '/health/startup', '/health', '/metrics'];

describe('probes and metrics on a port of their own', () => {
  let database: TestDatabase;
  let service: Service;
  let management: string;
  beforeEach(async () => {
    database = await freshDatabase('sqlite');
    const port = String(await freePort());
    management = `http://127.0.0.1:${port}`;
    const stop = { SHUTDOWN_DRAIN_MS: '200', SHUTDOWN_IN_FLIGHT_MS: '5000' };
    service = await Service.spawn({ DATABASE_URL: database.url, MANAGEMENT_PORT: port, ...stop });
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20))
      if ((await fetch(`${management}/health/ready`).catch(() => undefined))?.status === 200) break;
  });
  afterEach(async () => {
    await service.kill();
    await database.drop();
  });

  it('are there, and nothing else is, and nowhere else', async () => {
    const status = async (origin: string, path: string, method = 'GET') =>
      (await fetch(`${origin}${path}`, { method })).status;
    for (const path of PROBES)
      expect({ path, at: [await status(management, path), await status(service.origin, path)] }).toEqual({
        path,
        at: [200, 404],
      });
    for (const path of ['/api/resource', '/docs', '/problems', '/nothing'])
      expect({ path, status: await status(management, path) }).toEqual({ path, status: 404 });
    expect(await status(management, '/api/resource', 'POST')).toBe(404);
    expect(await status(management, '/health/live', 'POST')).toBe(405);
    expect(await status(service.origin, '/health/live', 'POST')).toBe(404);
    expect(await status(service.origin, '/api/resource')).toBe(200);
    expect(service.output).toContain(`probes and metrics on ${management}`);
  });

  it('answer until the last request that was under way is over', async () => {
    const slow = connect(Number(new URL(service.origin).port), '127.0.0.1');
    let answer = '';
    slow.on('data', (chunk: Buffer) => (answer += String(chunk)));
    const head = 'POST /api/resource HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    slow.write(`${head}Content-Length: 12\r\n\r\n{"name`);
    await sleep(50);
    service.signal('SIGTERM');
    await sleep(600);
    await expect(fetch(`${service.origin}/api/resource`)).rejects.toThrow();
    expect((await fetch(`${management}/health/live`)).status).toBe(200);
    expect((await fetch(`${management}/health/ready`)).status).toBe(503);
    slow.write('":"x"}');
    expect(await service.ended()).toBe(0);
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    await expect(fetch(`${management}/health/live`)).rejects.toThrow();
  });

  it('that is taken end the start with a line', async () => {
    const port = new URL(management).port;
    const second = await Service.spawn({ DATABASE_URL: database.url, MANAGEMENT_PORT: port });
    expect(await second.ended()).toBe(1);
    expect(second.output).toContain(`Can not listen on 127.0.0.1, port ${port}: EADDRINUSE`);
  });
});

it('the port of probes and metrics is no way around the rules for the other one', () => {
  const faults = (env: Record<string, string>) => {
    try {
      loadConfig(env);
      return [];
    } catch (error) {
      return (error as { faults: string[] }).faults;
    }
  };
  expect(faults({ MANAGEMENT_PORT: '3001', MANAGEMENT_HOST: '0.0.0.0' })).toEqual([
    expect.stringMatching(/^MANAGEMENT_HOST must be 127.0.0.1, ::1 or localhost as long as AUTH is off/),
  ]);
  expect(faults({ MANAGEMENT_PORT: '3001', MANAGEMENT_HOST: '0.0.0.0', AUTH: 'keys' })).toEqual([]);
  expect(faults({ MANAGEMENT_PORT: '3000' })).toEqual(['MANAGEMENT_PORT must be another one than PORT']);
  expect(faults({ MANAGEMENT_HOST: '127.0.0.1' })).toEqual(['MANAGEMENT_PORT must be set where MANAGEMENT_HOST is']);
  expect(loadConfig({ MANAGEMENT_PORT: '3001' }).http.management).toEqual({ host: '127.0.0.1', port: 3001 });
  expect(loadConfig({}).http.management).toBeNull();
});
