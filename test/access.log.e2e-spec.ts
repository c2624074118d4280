import { setTimeout as sleep } from 'node:timers/promises';
import { engines, freshDatabase } from '../src/testing/database.js';
import { Issuer } from './support/issuer.js';
import { Client } from '../src/testing/client.js';
import { Service } from './support/service.js';

type Line = Record<string, unknown>;

describe.each(engines())('the security log on %s', (engine) => {
  let issuer: Issuer;
  let service: Service;
  let drop: () => Promise<void>;
  let admin: Client;
  beforeAll(async () => {
    issuer = await Issuer.start();
    const fresh = await freshDatabase(engine);
    drop = fresh.drop;
    service = await Service.spawn({
      DATABASE_URL: fresh.url,
      DATABASE_MIGRATE: 'always',
      AUTH: 'keys,jwt',
      RATE_LIMIT: 'process',
      RATE_LIMIT_CALLER: '60',
      RATE_LIMIT_FAILURES: '1000000',
      WATCHERS_PER_CALLER: '1',
      TRUST_PROXY: 'loopback',
      ...issuer.env,
    });
    await service.until('/health/ready');
    admin = new Client(service.origin, await issuer.sign({ scope: '*:*', sub: 'chief', exp: 1_999_999_999 }));
  });
  afterAll(async () => {
    await service.kill();
    await drop();
    issuer.stop();
  });

  const lines = (): Line[] =>
    service.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line);
  /** The lines that a few requests have made, once the log is written and a new second has begun. */
  const told = async (work: () => Promise<unknown>): Promise<Line[]> => {
    await sleep(1_300);
    const before = lines().length;
    await work();
    await sleep(1_500);
    return lines().slice(before);
  };
  const events = async (work: () => Promise<unknown>) => (await told(work)).filter((line) => 'event' in line);
  const count = async (event: string) => {
    const { text } = await admin.get('/metrics');
    return Number(new RegExp(`^plinth_security_events_total\\{event="${event}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };

  it('tells who was refused, from where, and why; never what was tried', async () => {
    const reader = new Client(service.origin, await issuer.sign({ scope: 'resource:read', sub: 'reader "1"' }));
    const expired = await issuer.sign({ sub: 'late', exp: 1_000_000_000 });
    const from = { 'x-forwarded-for': '192.0.2.77' };
    const none = { caller: 'nobody', address: '192.0.2.77', method: 'GET', route: '/api/resource/{id}', status: 401 };
    const seen = await events(async () => {
      await admin.as().get('/api/resource/secret-id?filter=secret', from);
      await admin.as('plinth_secret').get('/api/resource/secret-id', from);
      await admin.as(expired).get('/api/resource/secret-id', from);
      await reader.post('/api/resource', { id: 'secret-id', name: 'secret' }, from);
      await reader.post('/api/resource', { id: 'x', name: 'x' }, { 'x-forwarded-for': 'secret' });
    });
    expect(seen).toMatchObject([
      { event: 'unauthenticated', level: 40, ...none, why: 'none' },
      { event: 'unauthenticated', ...none, why: 'malformed' },
      { event: 'unauthenticated', ...none, why: 'ERR_JWT_EXPIRED' },
      {
        event: 'forbidden',
        caller: 'user:reader "1"',
        address: '192.0.2.77',
        method: 'POST',
        route: '/api/resource',
        status: 403,
        scope: 'resource:write',
      },
      // A proxy that passes anything on is not believed.
      { event: 'forbidden', address: '127.0.0.1' },
    ]);
    for (const { trace_id: id } of seen) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect(JSON.stringify(seen)).not.toContain('late');
  });

  it('tells who has made, rotated and revoked which key, and who tries one that has ended', async () => {
    let id = '';
    const secrets: string[] = [];
    const keyOf = ({ body }: { body: unknown }) => {
      const { data } = body as { data: { id: string; key: string } };
      secrets.push(data.key);
      return data;
    };
    const seen = await events(async () => {
      const key = { name: 'Secret plan', scopes: ['resource:read'], expires_at: '2031-01-01T00:00:00Z' };
      ({ id } = keyOf(await admin.post('/api/api-key', key)));
      keyOf(await admin.post(`/api/api-key/${id}:rotate`, { overlap_seconds: 0 }));
      await admin.as(secrets[0]).get('/api/resource');
      await admin.delete(`/api/api-key/${id}`);
      await admin.as(secrets[1]).get('/api/resource');
      const soon = new Date(Date.now() + 500).toISOString();
      const short = keyOf(await admin.post('/api/api-key', { ...key, expires_at: soon }));
      await sleep(600);
      await admin.as(short.key).get('/api/resource');
    });
    const who = { caller: 'user:chief', address: '127.0.0.1', key: id };
    expect(seen).toMatchObject([
      { event: 'key-created', ...who, scopes: ['resource:read'], expires_at: '2031-01-01T00:00:00.000Z' },
      { event: 'key-rotated', ...who },
      { event: 'ended-key-used', caller: 'nobody', key: id, why: 'replaced', status: 401 },
      { event: 'key-revoked', ...who },
      { event: 'ended-key-used', caller: 'nobody', key: id, why: 'revoked' },
      { event: 'key-created' },
      { event: 'ended-key-used', why: 'expired' },
    ]);
    expect(service.output).not.toContain('Secret plan');
    for (const secret of secrets) expect(service.output).not.toContain(secret.slice(30));
  });

  it('tells which limit was met: of requests, or of streams', async () => {
    const busy = new Client(service.origin, await issuer.sign({ sub: 'busy' }));
    const stream = await fetch(`${service.origin}/api/resource:watch`, {
      headers: { authorization: `Bearer ${await issuer.sign({ sub: 'busy' })}` },
    });
    const seen = await events(async () => {
      await busy.get('/api/resource:watch');
      for (let n = 0; n < 130; n++) if ((await busy.get('/api/resource')).status === 429) break;
    });
    await stream.body!.cancel();
    expect(seen).toMatchObject([
      { event: 'rate-limited', caller: 'user:busy', route: '/api/{module}:watch', limit: 'streams', status: 429 },
      { event: 'rate-limited', caller: 'user:busy', route: '/api/resource', limit: 'caller' },
    ]);
  });

  it('is bounded under attack, and says how much it did not tell; what is rare is not lost in it', async () => {
    const before = await count('unauthenticated');
    const seen = await events(async () => {
      await Promise.all(Array.from({ length: 300 }, (_, n) => admin.as(`bad${n}`).get('/api/resource')));
      await admin.as(await issuer.sign({ scope: 'a:b' })).get('/api/resource');
    });
    const single = seen.filter(({ event, suppressed }) => event === 'unauthenticated' && suppressed === undefined);
    const summed = seen.filter(({ event, suppressed }) => event === 'unauthenticated' && suppressed !== undefined);
    const seconds = summed.length;
    expect(seconds).toBeGreaterThan(0);
    expect(single.length).toBeLessThanOrEqual(10 * (seconds + 1));
    expect(single.length + summed.reduce((sum, { suppressed }) => sum + Number(suppressed), 0)).toBe(300);
    expect(seen.filter(({ event }) => event === 'forbidden')).toHaveLength(1);
    expect((await count('unauthenticated')) - before).toBe(300);
  });

  it('is not all: each request line names its caller', async () => {
    const seen = await told(async () => {
      await admin.get('/api/resource');
      await admin.as().get('/openapi.json');
      await new Client(service.origin, await issuer.sign({ sub: 'a"\\b' })).get('/api/resource');
    });
    const requests = seen.filter((line) => 'ms' in line);
    expect(requests.map(({ caller }) => caller)).toEqual(['user:chief', 'nobody', 'user:a"\\b']);
  });
});
