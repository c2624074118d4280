import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from './support/app.js';
import { startGuarded } from './support/access.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { SpecimenModule } from './support/specimen/specimen.module.js';

/** Away from the end of a day, where budgets begin anew. */
async function earlyInTheDay(seconds: number): Promise<void> {
  const left = 86_400 - ((Date.now() / 1000) % 86_400);
  if (left < seconds) await sleep(left * 1000 + 50);
}

/** Each process tells and hears twice a second. */
const TOLD_MS = 1_500;

describe.each(engines())('what a caller may store in a day: %s', (engine) => {
  const started: TestApp[] = [];
  beforeEach(() => earlyInTheDay(60));
  afterAll(() => Promise.all(started.reverse().map((test) => test.close())));

  const start = async (env: Record<string, string>) => {
    const test = await startGuarded(engine, { env, modules: [SpecimenModule] });
    started.push(test);
    return test;
  };
  const changesOf = async ({ database }: TestApp, id: string) =>
    (await database.query('SELECT `id` FROM `change_log` WHERE `resource_id` = ?', [id])).length;

  it('ends in 429 for every kind of write, and for this caller alone', async () => {
    const test = await start({ STORAGE_RECORDS_PER_CALLER: '5' });
    const [busy, other] = await Promise.all([test.keyFor('*:*'), test.keyFor('*:*')]).then((keys) =>
      keys.map((key) => test.admin.as(key)),
    );
    for (let n = 0; n < 5; n++) {
      // Neither what is only tried, nor what fails, nor what changes nothing is stored.
      expect((await busy!.post('/api/resource?dry_run=true', { name: 'x' })).status).toBe(201);
      expect((await busy!.post('/api/resource', { id: `r${n}`, name: 'x' })).status).toBe(201);
      expect((await busy!.patch(`/api/resource/r${n}`, { name: 'x' })).status).toBe(200);
      if (n < 4) problemOf(await busy!.post('/api/resource', { id: `r${n}`, name: 'x' }), 409, 'already-exists');
    }
    const batch = (atomic: boolean) => ({ atomic, operations: [{ op: 'create', body: { name: 'x' } }] });
    const refused = [
      await busy!.post('/api/resource', { name: 'x' }),
      await busy!.post('/api/resource', { name: 'x' }, { 'idempotency-key': 'k' }),
      await busy!.patch('/api/resource/r0', { name: 'y' }),
      await busy!.put('/api/resource/r0', { name: 'y' }),
      await busy!.put('/api/resource/new', { name: 'y' }),
      await busy!.delete('/api/resource/r0'),
      await busy!.post('/api/resource:batch', batch(true)),
      await busy!.post('/api/api-key', { name: 'x', scopes: ['resource:read'] }),
    ];
    for (const answer of refused) {
      expect(problemOf(answer, 429, 'storage-budget-spent').detail).toContain('5 records (STORAGE_RECORDS_PER_CALLER)');
      const left = Number(answer.headers['retry-after']);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(86_400);
    }
    const each = await busy!.post('/api/resource:batch', batch(false));
    expect(each.body).toMatchObject({ data: [{ index: 0, status: 429, problem: { code: 'storage-budget-spent' } }] });
    expect((await busy!.get('/api/resource/r0')).body).toMatchObject({ data: { name: 'x' } });
    expect((await other!.patch('/api/resource/r0', { name: 'z' })).status).toBe(200);
    expect(await changesOf(test, 'r0')).toBe(2);
    const metrics = (await test.admin.get('/metrics')).text;
    expect(metrics).toMatch(/^plinth_security_events_total\{event="rate-limited"\} 8$/m);
    // The operation of the other batch as well.
    expect(metrics).toMatch(/^plinth_storage_refused_total\{budget="records"\} 9$/m);
  });

  it('is not exceeded by one batch, nor by many writes at once', async () => {
    const test = await start({ STORAGE_RECORDS_PER_CALLER: '50' });
    const client = test.admin.as(await test.keyFor('*:*'));
    const operations = Array.from({ length: 60 }, (_, n) => ({ op: 'create', body: { id: `b${n}`, name: 'x' } }));
    problemOf(await client.post('/api/resource:batch', { atomic: true, operations }), 429, 'storage-budget-spent');
    // Nothing of it was stored, and nothing of it counts.
    expect(await changesOf(test, 'b0')).toBe(0);
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.post('/api/resource', { name: 'x' })));
    const stored = answers.filter(({ status }) => status === 201).length;
    expect(stored).toBeGreaterThanOrEqual(50);
    expect(stored).toBeLessThan(200);
    problemOf(await client.post('/api/resource', { name: 'x' }), 429, 'storage-budget-spent');
  });

  it('counts the bytes of changes and of idempotent answers, and repeats these also when it is used up', async () => {
    const test = await start({ STORAGE_BYTES_PER_CALLER: '300000' });
    const client = test.admin.as(await test.keyFor('*:*'));
    const essay = 'ä'.repeat(40_000);
    const made = await client.post('/api/specimen', { id: 's', label: 'l', essay }, { 'idempotency-key': 'first' });
    expect(made.status).toBe(201);
    // 80,000 for the change and as much for the answer; from here on for an answer alone.
    const same = (key: string) => client.patch('/api/specimen/s', { label: 'l' }, { 'idempotency-key': key });
    expect((await same('a')).status).toBe(200);
    expect((await same('b')).status).toBe(200);
    const { detail } = problemOf(await same('c'), 429, 'storage-budget-spent');
    expect(detail).toContain('300000 bytes (STORAGE_BYTES_PER_CALLER)');
    const again = await client.post('/api/specimen', { id: 's', label: 'l', essay }, { 'idempotency-key': 'first' });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await same('a')).headers['idempotency-replayed']).toBe('true');
    const metrics = (await test.admin.get('/metrics')).text;
    const valueOf = (name: string, kind: string) =>
      Number(new RegExp(`^plinth_stored_${name}_total\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(metrics)![1]);
    expect(valueOf('records', 'idempotency')).toBe(3);
    expect(valueOf('bytes', 'idempotency')).toBeGreaterThan(240_000);
    expect(valueOf('bytes', 'idempotency')).toBeLessThan(250_000);
    // Those of the keys of this test, and of the row.
    expect(valueOf('records', 'change')).toBe(3);
    expect(valueOf('bytes', 'change')).toBeGreaterThan(80_000);
    expect(valueOf('bytes', 'change')).toBeLessThan(85_000);
  });

  it('is one budget for all processes, and for those that start later', async () => {
    const env = { STORAGE_BYTES_PER_CALLER: '0', STORAGE_RECORDS_PER_CALLER: '10' };
    const first = await start(env);
    const key = await first.keyFor('*:*');
    const here = first.admin.as(key);
    for (let n = 0; n < 9; n++) expect((await here.post('/api/resource', { name: 'x' })).status).toBe(201);
    await sleep(TOLD_MS);
    const second = await startApp(engine, {
      env: { AUTH: 'keys', RATE_LIMIT: 'off', ...env, DATABASE_URL: first.url },
      modules: [SpecimenModule],
    });
    started.push(second);
    const there = new Client(second.origin, key);
    expect((await there.post('/api/resource', { name: 'x' })).status).toBe(201);
    await sleep(TOLD_MS);
    problemOf(await there.post('/api/resource', { name: 'x' }), 429, 'storage-budget-spent');
    // This one hears of it with its own next record, the last.
    await here.post('/api/resource', { name: 'x' });
    await sleep(TOLD_MS);
    problemOf(await here.post('/api/resource', { name: 'x' }), 429, 'storage-budget-spent');
    const rows = await first.database.query('SELECT * FROM `rate_limit`');
    expect(JSON.stringify(rows)).not.toContain('key:');
  });

  it('has no end at 0, and where nobody is asked who they are', async () => {
    const off = await start({ STORAGE_BYTES_PER_CALLER: '0', STORAGE_RECORDS_PER_CALLER: '0' });
    const open = await startApp(engine, { env: { STORAGE_BYTES_PER_CALLER: '1', STORAGE_RECORDS_PER_CALLER: '1' } });
    started.push(open);
    for (const client of [off.admin, new Client(open.origin)])
      for (let n = 0; n < 3; n++) expect((await client.post('/api/resource', { name: 'x' })).status).toBe(201);
  });
});
