import { setTimeout as sleep } from 'node:timers/promises';
import { changedSettings } from '../src/config/changed-settings.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { Service } from './support/service.js';

interface Line {
  readonly msg?: string;
  readonly method?: string;
  readonly status?: number;
  readonly bytes?: number;
  readonly caller?: string;
  readonly statement?: string;
  readonly [field: string]: unknown;
}

describe.each(engines())('the log on %s', (engine) => {
  let database: TestDatabase;
  let service: Service;
  const start = async (env: Record<string, string> = {}) => {
    const stop = { SHUTDOWN_DRAIN_MS: '0', DATABASE_MIGRATE: 'always' };
    service = await Service.spawn({ DATABASE_URL: database.url, ...stop, ...env });
    await service.until('/health/ready');
  };
  const ask = async (method: string, path: string, body?: unknown, accept = '*/*') => {
    const headers = { accept, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    return (await fetch(`${service.origin}${path}`, { method, headers, ...given })).text();
  };
  const lines = async () => {
    await sleep(250);
    const whole = service.output.slice(0, service.output.lastIndexOf('\n')).split('\n');
    return whole.map((text) => JSON.parse(text) as Line);
  };
  const answered = async () => (await lines()).filter(({ method }) => method !== undefined);
  beforeEach(async () => void (database = await freshDatabase(engine)));
  afterEach(async () => {
    await service.kill();
    await database.drop();
  });

  it('begins with what has started', async () => {
    await start({ SOURCE_COMMIT: '0123abc', LOG_LEVEL: 'info', DATABASE_POOL: '7' });
    const [first] = await lines();
    expect(first).toMatchObject({
      msg: 'Plinth 0.1.0 starts',
      version: '0.1.0',
      commit: '0123abc',
      node: process.versions.node,
      engine,
      ...(engine !== 'sqlite' && { encrypted: false }),
    });
    // LOG_LEVEL has its default.
    expect(Object.keys(first!.settings as object).sort()).toEqual([
      'DATABASE_MIGRATE',
      'DATABASE_POOL',
      'DATABASE_URL',
      'PORT',
      'SHED_DELAY_MS',
      'SHUTDOWN_DRAIN_MS',
      'SOURCE_COMMIT',
    ]);
    const { password } = new URL(database.url);
    if (password !== '') expect(service.output).not.toContain(password);
  });

  it('tells of each answer whose it was, and how large', async () => {
    await start();
    const sent = [
      await ask('POST', '/api/resource', { id: 'one', name: 'é' }),
      await ask('GET', '/api/resource/one'),
      await ask('HEAD', '/api/resource/one'),
      await ask('GET', '/api/resource/none'),
      await ask('GET', '/api/resource', undefined, 'application/x-ndjson'),
      await ask('DELETE', '/api/resource/one'),
      await ask('GET', '/docs'),
    ];
    expect((await answered()).map(({ caller, bytes }) => [caller, bytes])).toEqual(
      sent.map((text, n) => [n === 6 ? 'nobody' : 'anonymous', Buffer.byteLength(text)]),
    );
  });

  it('leaves out as many good answers as it is told to, and none that failed', async () => {
    await start({ LOG_SUCCESS_PERCENT: '0' });
    for (let n = 0; n < 10; n++) await ask('GET', '/api/resource');
    await ask('GET', '/api/resource/none');
    expect((await answered()).map(({ status }) => status)).toEqual([404]);
    await service.kill();
    await start({ LOG_SUCCESS_PERCENT: '50' });
    for (let n = 0; n < 100; n++) await ask('GET', '/api/resource');
    const count = (await answered()).length;
    expect(count).toBeGreaterThan(15);
    expect(count).toBeLessThan(85);
  });

  it('has another level at a signal, and its own at the next one', async () => {
    await start({ LOG_LEVEL: 'warn' });
    await ask('GET', '/api/resource');
    expect(await answered()).toEqual([]);
    service.signal('SIGUSR2');
    await sleep(100);
    await ask('GET', '/api/resource');
    expect(await answered()).toHaveLength(1);
    service.signal('SIGUSR2');
    await sleep(100);
    await ask('GET', '/api/resource');
    expect(await answered()).toHaveLength(1);
    const told = (await lines()).map(({ msg }) => msg).filter((msg) => msg?.startsWith('The log level'));
    expect(told).toEqual(['The log level is debug now', 'The log level is warn now']);
  });

  it('has the shape of a statement that is slow, and no value', async () => {
    await start({ LOG_SLOW_STATEMENT_MS: '1' });
    // Together, so that one commit has many rows, and takes its time.
    const put = (_: unknown, n: number) => ask('PUT', `/api/resource/canary${n}`, { name: 'canary'.repeat(40) });
    await Promise.all(Array.from({ length: 300 }, put));
    const slow = (await lines()).filter(({ msg }) => msg === 'Slow statement');
    expect(slow.length).toBeGreaterThan(0);
    for (const line of slow) expect(line).toMatchObject({ class: expect.any(String), ms: expect.any(Number) });
    expect(slow.some(({ statement }) => /INSERT INTO `resource`|UPDATE `resource`|^COMMIT$/.test(statement!))).toBe(
      true,
    );
    expect(JSON.stringify(slow)).not.toContain('canary');
    service.signal('SIGTERM');
    expect(await service.ended()).toBe(0);
  });
});

it('what is secret in a setting is not told', () => {
  expect(
    changedSettings({
      DATABASE_URL: 'mariadb://plinth:can@ary@db:3306/plinth',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://me:canary@collector:4318',
      DATABASE_URL_FILE: '/run/secrets/url',
      PORT: '3000',
      LOG_LEVEL: 'warn',
      OTHER: 'canary',
    }),
  ).toEqual({
    DATABASE_URL: 'mariadb://…@db:3306/plinth',
    DATABASE_URL_FILE: '/run/secrets/url',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://…@collector:4318',
    LOG_LEVEL: 'warn',
  });
});
