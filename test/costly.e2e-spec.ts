import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'supertest';
import { startGuarded } from './support/access.js';
import type { TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

const FIRST_ROWS = 128;
/** 262,144 rows: on a fast machine, too, it takes several times the limit to look at all. */
const MANY = 11;
/** 1,024 rows: two pages of an export, and nothing at all. */
const FEW = 3;
/** No row has any of it, which takes a while to see in each. */
const NOTHING = Array.from({ length: 20 }, (_, n) => `contains(name,'${'a'.repeat(20 + (n % 10))}b')`).join(' or ');
const SLOW = `/api/resource?filter=${encodeURIComponent(NOTHING)}`;

/** @param doubled how often the first rows are doubled */
async function fill({ database }: TestApp, doubled: number): Promise<void> {
  const rows = Array.from({ length: FIRST_ROWS }, (_, n) => [`r-${n}-`, 'a'.repeat(255)]);
  const places = rows.map(() => '(?, ?)').join(', ');
  await database.execute(`INSERT INTO \`resource\` (\`id\`, \`name\`) VALUES ${places}`, rows.flat());
  for (let n = 0; n < doubled; n++)
    await database.execute(
      `INSERT INTO \`resource\` (\`id\`, \`name\`) SELECT CONCAT(\`id\`, '${n.toString(16)}'), \`name\` FROM \`resource\``,
    );
}

describe.each(engines())('costly reads on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let greedy: Client;
  let other: Client;

  beforeAll(async () => {
    // To fill the table takes a while on a machine that has much to do.
    const env = { DATABASE_COSTLY_MS: '600', DATABASE_WAIT_MS: '1800', DATABASE_STATEMENT_MS: '60000' };
    test = await startGuarded(engine, { widget: true, env });
    await fill(test, MANY);
    greedy = test.admin.as(await test.keyFor('resource:read'));
    other = test.admin.as(await test.keyFor('*:*'));
  }, 120_000);
  afterAll(() => test.close());

  it('of one caller keep no other caller from anything, and are refused beyond their share', async () => {
    expect((await other.get('/api/resource/r-1-')).status).toBe(200);
    let ended = 0;
    const asked = Array.from({ length: 10 }, () => greedy.get(SLOW).finally(() => ended++));
    await sleep(100);
    const reads = await Promise.all(Array.from({ length: 20 }, (_, n) => other.get(`/api/resource/r-${n}-`)));
    const pages = await Promise.all([other.get('/api/resource?limit=20'), other.get('/api/resource?sort=-created_at')]);
    const written = await other.post('/api/resource', { name: 'Meanwhile' });
    const filtered = await other.get("/api/resource?filter=id eq 'r-1-'");
    const alive = await other.get('/health/live');
    // Long before all of the ten had their answers, however slow the machine is.
    expect(ended).toBeLessThan(5);
    expect(reads.map(({ status }) => status)).toEqual(reads.map(() => 200));
    expect([...pages, written, filtered, alive].map(({ status }) => status)).toEqual([200, 200, 201, 200, 200]);
    const answers = await Promise.all(asked);
    const isOf = (code: string) => (answer: Response) => (answer.body as { code?: string }).code === code;
    const [late, many] = [answers.filter(isOf('query-too-costly')), answers.filter(isOf('rate-limited'))];
    expect(late.length).toBeGreaterThan(0);
    expect(many.length).toBeGreaterThan(0);
    expect(late.length + many.length).toBe(10);
    expect(problemOf(late[0]!, 503, 'query-too-costly').detail).toContain('600 ms');
    expect(problemOf(many[0]!, 429, 'rate-limited').detail).toContain('share of costly reads');
    for (const { headers } of answers) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    // Nobody is left in the way of the next one.
    expect((await greedy.get("/api/resource?filter=id eq 'r-1-'")).status).toBe(200);
    expect(test.database.costlyUsage).toEqual({ used: 0, waiting: 0 });
  }, 60_000);

  it('are ended at their limit, also a count and an export', async () => {
    for (const [path, accept] of [[SLOW], [`${SLOW}&count=true&limit=1`], [SLOW, 'text/csv']] as const) {
      const begun = performance.now();
      const answer = await other.get(path, accept === undefined ? {} : { accept });
      problemOf(answer, 503, 'query-too-costly');
      // And not at that of other statements.
      expect(performance.now() - begun).toBeLessThan(12_000);
    }
  }, 60_000);
});

describe.each(engines())('a turn among costly reads on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;

  beforeAll(async () => {
    test = await startGuarded(engine, { widget: true });
    await fill(test, FEW);
  });
  afterAll(() => test.close());

  it('is waited for as long as it takes by an export that has begun', async () => {
    const costly = import.meta.jest.spyOn(test.database, 'inCostlyTurn');
    const { text } = await test.admin.get('/api/resource', { accept: 'text/csv' });
    expect(text.trim().split('\r\n').length).toBe(1 + FIRST_ROWS * 2 ** FEW);
    expect(costly.mock.calls.map(([asker]) => asker.hasBegun ?? false)).toEqual([false, true, true]);
    costly.mockRestore();
  });

  it('that fails in the middle of an export is told in the log, as the answer can not tell it', async () => {
    const { jest } = import.meta;
    const told = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const turn = test.database.inCostlyTurn.bind(test.database);
    const costly = jest.spyOn(test.database, 'inCostlyTurn').mockImplementationOnce(turn);
    costly.mockRejectedValueOnce(new Error('The second page has failed.'));
    await expect(test.admin.get('/api/resource', { accept: 'text/csv' })).rejects.toThrow('aborted');
    const [line] = told.mock.calls.map(([said]) => said as { msg?: string; err?: Error }).filter(({ err }) => err);
    expect(line).toMatchObject({
      msg: 'An export ended before its end',
      err: { message: 'The second page has failed.' },
    });
    jest.restoreAllMocks();
  });

  it('is taken by what may have to look at many rows, and by nothing else', async () => {
    const { jest } = import.meta;
    const costly = jest.spyOn(test.database, 'inCostlyTurn');
    const id = 'r-1-';
    const asked: readonly [path: string, times: number, accept?: string][] = [
      [`/api/resource/${id}`, 0],
      [`/api/resource?id=${id}`, 0],
      ['/api/resource', 0],
      ['/api/resource?sort=-name', 0],
      ['/api/resource?sort=name,id', 0],
      ['/api/resource?fields=name&include_deleted=true', 0],
      ['/api/changes', 0],
      ['/api/api-key', 0],
      ["/api/resource?filter=name eq 'x'", 0],
      ["/api/resource?filter=name eq 'x' and id gt 'r'", 0],
      ["/api/resource?sort=-name&filter=startswith(name,'a') and name lt 'b'", 0],
      ["/api/resource?sort=created_at&filter=created_at ge '2026-01-01T00:00:00Z'", 0],
      ["/api/resource?filter=created_at ge '2026-01-01T00:00:00Z'", 1],
      ["/api/resource?sort=name&filter=name eq 'x' and created_at ge '2026-01-01T00:00:00Z'", 1],
      ["/api/resource?filter=name eq 'x' or name eq 'y'", 1],
      ["/api/resource?filter=name ne 'x'", 1],
      ["/api/resource?sort=name&filter=contains(name,'x')", 1],
      ['/api/resource?sort=deleted_at&filter=deleted_at ne null&include_deleted=true', 1],
      ["/api/resource?filter=name eq 'x'&count=true", 0],
      ['/api/resource?sort=name,created_at', 1],
      ['/api/resource?sort=name,-id', 1],
      ['/api/resource?count=true&limit=1', 1],
      ['/api/widget?count=true', 0],
      ['/api/widget', 1, 'text/csv'],
      [`/api/resource/${id}:history`, 1],
      ["/api/changes?filter=op eq 'created'", 1],
      ["/api/api-key?filter=id eq 'x'", 1],
    ];
    for (const [path, times, accept] of asked) {
      costly.mockClear();
      const { status } = await test.admin.get(path, accept === undefined ? {} : { accept });
      expect({ path, status, times: costly.mock.calls.length }).toEqual({ path, status: 200, times });
    }
    costly.mockRestore();
  });
});

describe('costly reads on SQLite without a second thread', () => {
  it('are ended at their limit, too', async () => {
    const test = await startGuarded('sqlite', { env: { DATABASE_SQLITE_THREAD: 'off', DATABASE_COSTLY_MS: '200' } });
    try {
      await fill(test, MANY);
      problemOf(await test.admin.get(SLOW), 503, 'query-too-costly');
      expect((await test.admin.get('/api/resource/r-1-')).status).toBe(200);
    } finally {
      await test.close();
    }
  }, 60_000);
});
