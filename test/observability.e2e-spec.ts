import { request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGuarded } from './support/access.js';
import { problemOf } from './support/client.js';
import { freshDatabase } from './support/database.js';
import { Service } from './support/service.js';
import { SseReader } from './support/sse.js';

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

describe('metrics', () => {
  it('are for callers with the scope, which no wildcard over modules has', async () => {
    const test = await startGuarded('sqlite');
    problemOf(await test.admin.as().get('/metrics'), 401, 'unauthenticated');
    problemOf(await test.admin.as(await test.keyFor('*:read', '*:write')).get('/metrics'), 403, 'forbidden');
    const answer = await test.admin.as(await test.keyFor('metrics:scrape')).get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.text).toMatch(/^plinth_database_connections\{state="idle"\} \d+$/m);
    expect(answer.text).toMatch(/^plinth_event_streams 0$/m);
    await test.close();
  });
});
