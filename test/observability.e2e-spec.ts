import { Logger } from '@nestjs/common';
import { spawnSync } from 'node:child_process';
import { request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGuarded } from './support/access.js';
import { DomainError } from '../src/problems/domain-error.js';
import { FailureLog } from '../src/problems/failure-log.js';
import { startApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { freshDatabase } from '../src/testing/database.js';
import { mariadbBinary, ThrowAwayMariadb } from '../src/testing/mariadb.js';
import { Service } from './support/service.js';
import { SseReader } from '../src/testing/sse.js';

const COUNT = /^http_server_request_duration_seconds_count\{(.+)\} (\d+)$/gm;

/** `GET /api/resource/{id} 200` to how often, as Prometheus reads it. */
async function counted({ origin }: Service): Promise<Record<string, number>> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const series = [...text.matchAll(COUNT)].map(([, labels, count]) => {
    const names = [...labels!.matchAll(/"([^"]*)"/g)].map(([, value]) => value);
    return [names.join(' '), Number(count)] as const;
  });
  return Object.fromEntries(series);
}

describe('what the service tells of itself', () => {
  let service: Service;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const fresh = await freshDatabase('sqlite');
    drop = fresh.drop;
    service = await Service.spawn({ DATABASE_URL: fresh.url });
    await service.until('/health/ready');
  });
  afterAll(async () => {
    await service.kill();
    await drop();
  });

  it('is a line and a count for each answer, whoever gave it, and nothing that callers chose', async () => {
    const ask = async (method: string, path: string, body?: string, accept = '*/*') => {
      const headers = { accept, ...(body !== undefined && { 'content-type': 'application/json' }) };
      const answer = await fetch(`${service.origin}${path}`, { method, headers, ...(body !== undefined && { body }) });
      await answer.text();
    };
    await ask('POST', '/api/resource', '{"id":"one","name":"x"}');
    await ask('POST', '/api/resource', '{"name":');
    await ask('POST', '/api/resource', '{"nome":"x"}');
    await ask('GET', '/api/resource/one');
    await ask('HEAD', '/api/resource/one');
    await ask('GET', '/api/resource/chosen-by-somebody');
    await ask('GET', '/api/resource?limit=1');
    await ask('GET', '/api/resource', undefined, 'application/x-ndjson');
    await ask('GET', '/chosen-by-somebody');
    await ask('DELETE', '/api/resource');
    await ask('OPTIONS', '/api/resource');
    await ask('PROPFIND', '/api/resource');
    await ask('GET', '/health/live');
    const stream = await SseReader.open(`${service.origin}/api/resource:watch`);
    stream.close();
    await sleep(300);
    const expected = {
      'POST /api/resource 201': 1,
      'POST /api/resource 400': 1,
      'POST /api/resource 422': 1,
      'GET /api/resource/{id} 200': 1,
      'HEAD /api/resource/{id} 200': 1,
      'GET /api/resource/{id} 404': 1,
      'GET /api/resource 200': 2,
      'GET  404': 1,
      'DELETE  405': 1,
      'OPTIONS  204': 1,
      '_OTHER  501': 1,
    };
    const metrics = await counted(service);
    expect(metrics).toMatchObject(expected);
    expect(Object.keys(metrics).filter((name) => name.includes('health'))).toEqual([]);
    const lines = service.output.split('\n').filter((line) => line.includes('"trace_id"') && line.includes('"ms"'));
    const logged = lines.map((line) => JSON.parse(line) as { method: string; route: string | null; status: number });
    for (const [name, count] of Object.entries(expected)) {
      if (name.startsWith('_OTHER')) continue;
      const [method, route, status] = name.split(' ');
      const same = logged.filter(
        (line) => line.method === method && (line.route ?? '') === route && String(line.status) === status,
      );
      expect({ name, lines: same.length }).toEqual({ name, lines: count });
    }
    // The open stream is told of once, when it is over.
    expect(logged.filter(({ route }) => route === '/api/{module}:watch')).toHaveLength(1);
    expect(service.output).not.toContain('chosen-by-somebody');
    expect(await (await fetch(`${service.origin}/metrics`)).text()).not.toContain('chosen-by-somebody');
  });

  it('keeps telling after a request whose connection went away, which is no fault of its own', async () => {
    const refused = (await counted(service))['POST /api/resource 400'] ?? 0;
    const said = service.output.length;
    await new Promise<void>((resolve) => {
      const headers = { 'content-length': '100', 'content-type': 'application/json' };
      const gone = send(`${service.origin}/api/resource`, { method: 'POST', headers });
      gone.on('error', () => resolve());
      gone.write('{"na');
      setTimeout(() => gone.destroy(), 50);
      gone.on('close', () => resolve());
    });
    const before = (await counted(service))['GET /api/resource 200']!;
    await (await fetch(`${service.origin}/api/resource?limit=1`)).text();
    const counts = await counted(service);
    expect(counts['GET /api/resource 200']).toBe(before + 1);
    expect(counts['POST /api/resource 400']).toBe(refused + 1);
    expect(service.output.slice(said)).not.toContain('Request failed');
  });
});

interface Line {
  level: number;
  msg?: string;
  context?: string;
  code?: string;
  kind?: string;
  suppressed?: number;
  away_ms?: number;
  err?: { stack: string };
}

(mariadbBinary() ? describe : describe.skip)('an outage of the database', () => {
  it('is said once when it begins and once when it is over, and its failures are counted', async () => {
    const server = await ThrowAwayMariadb.start();
    const url = `${server.url}mysql`;
    const service = await Service.spawn({ DATABASE_URL: url, DATABASE_MIGRATE: 'always', SHUTDOWN_DRAIN_MS: '0' });
    await service.until('/health/ready');
    await server.signal('SIGKILL');
    await service.until('/health/ready', 503);
    let refused = 0;
    for (let n = 0; n < 1_000; n += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${service.origin}/api/resource/x`)));
      refused += answers.filter(({ status }) => status === 503).length;
      await Promise.all(answers.map((answer) => answer.text()));
    }
    expect(refused).toBe(1_000);
    await server.resume();
    await service.until('/health/ready');
    service.signal('SIGTERM');
    expect(await service.ended()).toBe(0);
    await server.stop();
    const lines = service.output
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Line);
    const states = lines
      .filter(({ context, msg }) => context === 'Database' && msg !== 'Stopped')
      .map(({ msg }) => msg);
    expect(states).toEqual(['The database is ready', 'The database is lost', 'The database is back']);
    expect(lines.find(({ msg }) => msg === 'The database is back')!.away_ms).toBeGreaterThan(0);
    const failures = lines.filter(({ context }) => context === 'Problem');
    // A first line and a count in each ten seconds.
    expect(failures.length).toBeLessThan(14);
    const told = failures.reduce((sum, { suppressed = 1 }) => sum + suppressed, 0);
    expect(told).toBeGreaterThanOrEqual(refused);
    for (const { level, err } of failures) expect({ level, err }).toEqual({ level: 40, err: undefined });
    expect(lines.filter(({ level }) => level > 40)).toEqual([]);
  }, 60_000);
});

describe('failures', () => {
  const log = new FailureLog();
  const write = import.meta.jest.fn<undefined, [{ err?: Error; code?: string; suppressed?: number }]>();
  beforeEach(() => {
    for (const level of ['warn', 'error'] as const)
      import.meta.jest.spyOn(Logger.prototype, level).mockImplementation(write as never);
  });
  afterEach(() => void import.meta.jest.restoreAllMocks());

  it('that nobody expects keep their stack, one line of a kind and a count', () => {
    const fault = (message: string) => new DomainError('internal-error', 'It failed.', { cause: new Error(message) });
    for (let n = 0; n < 5; n++) log.write(fault(`at value ${n}`), '0');
    log.write(new DomainError('internal-error', 'It failed.', { cause: new TypeError('another') }), '0');
    log.write(new DomainError('method-not-implemented', 'No.'), '0');
    log.flush();
    const said = write.mock.calls.map(([{ err, code, suppressed }]) => [err?.name, code, suppressed]);
    expect(said).toEqual([
      ['Error', 'internal-error', undefined],
      ['TypeError', 'internal-error', undefined],
      [undefined, 'method-not-implemented', undefined],
      [undefined, undefined, 4],
    ]);
  });
});

const hasPromtool = !spawnSync('promtool', ['--version']).error;
if (!hasPromtool) {
  const line = 'NOT RUN: the names of the metrics. Install prometheus, which has promtool.';
  if (process.env.CI === 'true') throw new Error(line);
  process.stderr.write(`\n${line}\n`);
}

describe('metrics', () => {
  (hasPromtool ? it : it.skip)('have the names that Prometheus wants', async () => {
    const test = await startApp('sqlite');
    const client = new Client(test.origin);
    await client.post('/api/resource', { name: 'x' });
    const { text } = await client.get('/metrics');
    await test.close();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    // OpenTelemetry's name; promtool wants such an end for histograms alone.
    const known = 'db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix\n';
    expect({ status, stdout, stderr }).toEqual({ status: 3, stdout: '', stderr: known });
  });

  it('are for callers with the scope, which no wildcard over modules has', async () => {
    const test = await startGuarded('sqlite');
    problemOf(await test.admin.as().get('/metrics'), 401, 'unauthenticated');
    problemOf(await test.admin.as(await test.keyFor('*:read', '*:write')).get('/metrics'), 403, 'forbidden');
    const answer = await test.admin.as(await test.keyFor('metrics:scrape')).get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.text).toMatch(/^db_client_connection_count\{.*db_client_connection_state="idle"\} \d+$/m);
    expect(answer.text).toMatch(/^plinth_event_streams 0$/m);
    await test.close();
  });
});
