import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from './support/app.js';
import { atOnce } from './support/at-once.js';
import { startGuarded } from './support/access.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { answersIn, sendRaw } from './support/raw.js';
import { SseReader } from '../src/testing/sse.js';

/** The value of a series, `name{label="value"}` with the labels in their order; undefined where there is none. */
async function seriesOf(client: Client): Promise<(series: string) => number | undefined> {
  const { text } = await client.get('/metrics');
  const values = new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
  return (series) => values.get(series);
}

describe.each(engines())('the metrics on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  const POOL = 'db_client_connection_pool_name="plinth"';
  const statements = (kind: string, error = '') =>
    `db_client_operation_duration_seconds_count{db_system_name="${engine}",class="${kind}",error_type="${error}"}`;
  beforeAll(async () => {
    test = await startApp(engine, { env: { DATABASE_POOL: '1', WATCHERS: '1' } });
    client = new Client(test.origin);
  });
  afterAll(() => test.close());

  it('begin at zero, before anything has happened', async () => {
    const value = await seriesOf(client);
    for (const series of [
      'plinth_requests_shed_total{reason="event-loop"}',
      'plinth_requests_limited_total{limit="caller"}',
      'plinth_problems_total{code="commit-outcome-unknown"}',
      'plinth_database_retries_total{failure="retry"}',
      'plinth_security_events_total{event="forbidden"}',
      'plinth_idempotency_replays_total',
      'plinth_event_streams_dropped_total',
      'plinth_http_unread_connections_total',
      `db_client_connection_timeouts_total{${POOL}}`,
      statements('commit'),
    ])
      expect({ series, value: value(series) }).toEqual({ series, value: 0 });
    expect(value('plinth_database_state{state="up"}')).toBe(1);
    expect(value('plinth_database_state{state="down"}')).toBe(0);
    expect(value('plinth_database_pending_migrations')).toBe(0);
    expect(value('plinth_database_probe_seconds')).toBeGreaterThan(0);
    expect(value(`db_client_connection_max{${POOL}}`)).toBe(1);
  });

  it('tell what goes to the database, by class, and how much goes together', async () => {
    const before = await seriesOf(client);
    await client.post('/api/resource', { id: 'one', name: 'x' });
    await client.patch('/api/resource/one', { name: 'y' });
    await client.get('/api/resource/one');
    await client.get(`/api/resource?filter=${encodeURIComponent("contains(name,'y')")}`);
    await client.post('/api/resource:batch', { atomic: true, operations: [{ op: 'create', body: { name: 'z' } }] });
    const reads = Array.from({ length: 40 }, () => ({ method: 'GET', path: '/api/resource/one' }));
    for (const { status } of await atOnce(test.origin, reads)) expect(status).toBe(200);
    const after = await seriesOf(client);
    const more = (series: string) => (after(series) ?? 0) - (before(series) ?? 0);
    expect(more(statements('read'))).toBeGreaterThan(0);
    expect(more(statements('costly read'))).toBe(1);
    expect(more(statements('transaction'))).toBeGreaterThan(0);
    expect(more(statements('commit'))).toBeGreaterThan(1);
    expect(more('plinth_batch_size_count{of="creates"}')).toBe(1);
    // Several in one: fewer batches than requests.
    expect(more('plinth_batch_size_sum{of="reads"}')).toBeGreaterThanOrEqual(41);
    expect(more('plinth_batch_size_count{of="reads"}')).toBeLessThan(more('plinth_batch_size_sum{of="reads"}'));
    expect(more(`db_client_connection_wait_time_seconds_count{${POOL}}`)).toBeGreaterThan(0);
  });

  it('tell what has become of what failed', async () => {
    await client.post('/api/resource', { id: 'twice', name: 'x' });
    const before = await seriesOf(client);
    problemOf(await client.post('/api/resource', { id: 'twice', name: 'x' }), 409, 'already-exists');
    expect(answersIn(await sendRaw(test.origin, 'GET / HTTP/1.1\r\nno header\r\n\r\n'))[0]!.status).toBe(400);
    await client.get('/%zz');
    const after = await seriesOf(client);
    const more = (series: string) => (after(series) ?? 0) - (before(series) ?? 0);
    expect(more(statements('commit', 'unique')) + more(statements('transaction', 'unique'))).toBeGreaterThan(0);
    expect(more('plinth_problems_total{code="already-exists"}')).toBe(1);
    expect(more('plinth_problems_total{code="malformed-http"}')).toBe(1);
    expect(more('plinth_problems_total{code="invalid-request-target"}')).toBe(1);
  });

  it('tell of answers that are given again', async () => {
    const once = { 'idempotency-key': 'metrics' };
    for (let n = 0; n < 3; n++) expect((await client.post('/api/resource', { name: 'x' }, once)).status).toBe(201);
    expect((await seriesOf(client))('plinth_idempotency_replays_total')).toBe(2);
  });

  it('tell how late watchers hear of a change, how many they are, and who found no room', async () => {
    const reader = await SseReader.open(`${test.origin}/api/resource:watch`);
    problemOf(await client.get('/api/resource:watch'), 503, 'overloaded');
    await client.post('/api/resource', { id: 'watched', name: 'x' });
    await reader.until(({ changes }) => changes.length === 1);
    const value = await seriesOf(client);
    reader.close();
    expect(value('plinth_feed_lag_seconds_count{module="resource"}')).toBe(1);
    expect(value('plinth_feed_lag_seconds_bucket{le="10",module="resource"}')).toBe(1);
    expect(value('plinth_event_streams')).toBe(1);
    expect(value('plinth_requests_shed_total{reason="streams"}')).toBe(1);
    for (const end = Date.now() + 15_000; Date.now() < end; await sleep(500))
      if ((await seriesOf(client))('plinth_feed_unnumbered_changes{module="resource"}') !== undefined) break;
    expect((await seriesOf(client))('plinth_feed_unnumbered_changes{module="resource"}')).toBeGreaterThanOrEqual(0);
  });

  it('are told as OpenMetrics where that is asked for', async () => {
    const { text, headers } = await client.get('/metrics', { accept: 'application/openmetrics-text; version=1.0.0' });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(text).toMatch(/^# TYPE plinth_idempotency_replays counter\nplinth_idempotency_replays_total \d+$/m);
    expect(text).toMatch(/\n# EOF\n$/);
    // The usual text is what it was.
    expect((await client.get('/metrics')).text).toMatch(/^# TYPE plinth_idempotency_replays_total counter$/m);
  });
});

it('limits that are met are told by their name', async () => {
  const test = await startGuarded('sqlite', { env: { RATE_LIMIT: 'process', RATE_LIMIT_CALLER: '2' } });
  const client = test.admin.as(await test.keyFor('*:read'));
  for (let n = 0; n < 5; n++) await client.get('/api/resource/x');
  const value = await seriesOf(test.admin.as(await test.keyFor('metrics:scrape')));
  await test.close();
  expect(value('plinth_requests_limited_total{limit="caller"}')).toBe(3);
  expect(value('plinth_requests_limited_total{limit="address"}')).toBe(0);
  expect(value('plinth_problems_total{code="rate-limited"}')).toBe(3);
});
