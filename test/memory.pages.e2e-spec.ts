import { startGuarded } from './support/access.js';
import { problemOf, type Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { SpecimenModule } from './support/specimen/specimen.module.js';
import { SseReader } from '../src/testing/sse.js';

const LARGE = 20_000;
const BUDGET = 50_000;

interface Listed {
  readonly data: { id: string; essay?: string | null }[];
  readonly page: { next_cursor?: string };
}

const PLAIN = { DATABASE_PIPELINE: 'off', DATABASE_SQLITE_THREAD: 'off', DATABASE_COALESCE_READS: 'off' };
const subjects = engines().flatMap((engine) => [
  { engine, how: '', extra: {} },
  { engine, how: ', statement by statement', extra: PLAIN },
]);

describe.each(subjects)('rows that are large on $engine$how', ({ engine, extra }) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let client: Client;
  const ids: string[] = [];
  beforeAll(async () => {
    const env = { PAGE_BYTES: String(BUDGET), EXPORTS: '3', EXPORTS_PER_CALLER: '2', HTTP_SEND_MS: '1000', ...extra };
    test = await startGuarded(engine, { env, modules: [SpecimenModule] });
    client = test.admin;
    // Small ones, large ones, small ones.
    for (let n = 0; n < 30; n++) {
      const essay = n >= 10 && n < 20 ? `${n}`.repeat(LARGE / 2) : `${n}`;
      const made = await client.post('/api/specimen', { id: `row-${n + 10}`, label: `r${n}`, essay });
      expect(made.status).toBe(201);
      ids.push(`row-${n + 10}`);
    }
  }, 60_000);
  afterAll(() => test.close());

  const walk = async (path: string): Promise<Listed[]> => {
    const pages: Listed[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; cursor = pages.at(-1)!.page.next_cursor) {
      const from = cursor && `&cursor=${cursor}`;
      const { status, body } = await client.get(`${path}${from}`);
      expect(status).toBe(200);
      pages.push(body as Listed);
    }
    return pages;
  };

  it('end a page early, which goes on with its cursor, and miss none', async () => {
    for (let round = 0; round < 2; round++) {
      const pages = await walk('/api/specimen?sort=id&limit=25');
      expect(pages.flatMap(({ data }) => data.map(({ id }) => id))).toEqual(ids);
      for (const { data } of pages) {
        expect(data.length).toBeGreaterThan(0);
        const before = data.slice(0, -1).reduce((sum, { essay }) => sum + essay!.length, 0);
        expect(before).toBeLessThan(BUDGET);
      }
      // Ten small ones and three large ones; three and three; one and the rest.
      expect(pages.map(({ data }) => data.length)).toEqual([13, 3, 3, 11]);
      expect(pages.at(-1)!.page.next_cursor).toBeUndefined();
    }
  });

  it('cost no place where they are not asked for', async () => {
    const pages = await walk('/api/specimen?sort=id&limit=25&fields=id,label');
    expect(pages.map(({ data }) => data.length)).toEqual([25, 5]);
  });

  it('come one at a time where each has more than the budget', async () => {
    const [first] = await walk(`/api/specimen?limit=5&filter=${encodeURIComponent("id eq 'row-20'")}`);
    expect(first!.data).toHaveLength(1);
  });

  it('end pages of histories and of the audit early', async () => {
    for (let n = 0; n < 4; n++)
      await client.patch('/api/specimen/row-25', { small: n }, { 'content-type': 'application/merge-patch+json' });
    const history = await walk('/api/specimen/row-25:history?limit=50');
    expect(history.map(({ data }) => data.length)).toEqual([2, 2, 1]);
    const audit = await walk('/api/changes?limit=200&filter=' + encodeURIComponent("module eq 'specimen'"));
    expect(audit.length).toBeGreaterThan(5);
    expect(audit.flatMap(({ data }) => data)).toHaveLength(34);
  });

  it('are all read where many are asked for by their ids at the same time', async () => {
    const answers = await Promise.all([...ids, ...ids].map((id) => client.get(`/api/specimen/${id}`)));
    expect(answers.map(({ body }) => (body as { data: { id: string } }).data.id)).toEqual([...ids, ...ids]);
    const missing = await Promise.all(['nobody', ...ids].map((id) => client.get(`/api/specimen/${id}`)));
    expect(missing.map(({ status }) => status)).toEqual([404, ...ids.map(() => 200)]);
  });

  it('are all changed where many are at the same time', async () => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const patches = [...ids, ...ids].map((id, n) => client.patch(`/api/specimen/${id}`, { wide: n }, headers));
    expect(new Set((await Promise.all(patches)).map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('are in exports and streams, all of them', async () => {
    const { text } = await client.get('/api/specimen?sort=id', { accept: 'application/x-ndjson' });
    const rows = text.trimEnd().split('\n');
    expect(rows.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(ids);
    const { text: csv } = await client.get('/api/specimen?sort=id&fields=id,essay', { accept: 'text/csv' });
    expect(csv.split('\r\n')).toHaveLength(ids.length + 2);
    const authorization = `Bearer ${await test.keyFor('*:*')}`;
    const reader = await SseReader.open(`${test.origin}/api/specimen:watch?initial=true`, { authorization });
    await reader.until(({ events }) => events.some(({ event }) => event === 'bookmark'));
    expect(new Set(reader.changes.map(({ data }) => data.subject))).toEqual(new Set(ids));
    // Changes from now on are in parts as well: each of them more than the budget.
    const essay = 'e'.repeat(BUDGET + 1);
    for (let n = 0; n < 4; n++)
      expect((await client.post('/api/specimen', { id: `new-${n}`, label: `n${n}`, essay })).status).toBe(201);
    await reader.until(({ changes }) => changes.some(({ data }) => data.subject === 'new-3'));
    for (let n = 0; n < 4; n++) await client.delete(`/api/specimen/new-${n}`);
    reader.close();
  });

  it('end a batch whose answers have filled the budget: as a whole, or from there on', async () => {
    const operations = ids.slice(10, 20).map((id) => ({ op: 'update', id, body: { huge: '7' } }));
    const refused = await client.post('/api/specimen:batch', { operations });
    const { errors } = problemOf(refused, 422, 'answer-too-large');
    expect(errors).toMatchObject([{ pointer: '#/operations/3' }]);
    const each = await client.post('/api/specimen:batch', { atomic: false, operations });
    const { data } = each.body as { data: { status: number }[] };
    expect(data.map(({ status }) => status)).toEqual([200, 200, 200, 422, 422, 422, 422, 422, 422, 422]);
    const { body } = await client.get('/api/specimen/row-24?fields=huge');
    expect((body as { data: object }).data).toEqual({ id: 'row-24', huge: null });
  });

  it('stay unread by HEAD', async () => {
    const { status, headers } = await client.send('head', '/api/specimen', {
      headers: { accept: 'application/x-ndjson' },
    });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/x-ndjson');
    expect(headers['content-length']).toBeUndefined();
  });
});
