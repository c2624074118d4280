import { KeyVerifier } from '../src/access/keys/key-verifier.js';
import { EVERY_ROW, everyRule, NO_ROW, rowWhere, type RowRule } from '../src/rows/row-rule.js';
import { setRowRule, startGuarded } from './support/access.js';
import { problemOf, type Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { SseReader } from '../src/testing/sse.js';

/** The rule of these tests: a caller has the widgets of one colour, their own. The operator has all. */
describe.each(engines())('a row rule on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let admin: Client;
  let red: Client;
  let blue: Client;
  let redKey: string;
  beforeAll(async () => {
    test = await startGuarded(engine, { widget: true });
    ({ admin } = test);
    const colours = new Map<string, string>();
    for (const colour of ['red', 'blue']) {
      const key = await test.keyFor('widget:read', 'widget:write');
      const { data } = (await admin.get('/api/api-key?limit=1')).body as { data: { id: string }[] };
      colours.set(`key:${data[0]!.id}`, colour);
      if (colour === 'red') [red, redKey] = [admin.as(key), key];
      else blue = admin.as(key);
    }
    setRowRule(test, 'widget', (caller) =>
      caller.can('*:*') ? EVERY_ROW : everyRule(rowWhere('colour', 'eq', colours.get(caller.id))),
    );
    for (let n = 0; n < 6; n++) {
      const colour = n % 2 === 0 ? 'red' : 'blue';
      expect((await admin.post('/api/widget', { id: `w${n}`, code: `c${n}`, colour, weight: n })).status).toBe(201);
    }
  });
  afterAll(() => test.close());

  const ids = (answer: { body: unknown }) =>
    (answer.body as { data: { id: string }[] }).data.map(({ id }) => id).sort();

  it('holds for lists, pages, filters, counts and streams', async () => {
    expect(ids(await red.get('/api/widget'))).toEqual(['w0', 'w2', 'w4']);
    expect(ids(await red.get("/api/widget?filter=colour eq 'blue' or weight ge 0"))).toEqual(['w0', 'w2', 'w4']);
    expect(ids(await red.get('/api/widget?sort=-weight&limit=2'))).toEqual(['w2', 'w4']);
    expect((await red.get('/api/widget?count=true')).body).toMatchObject({ page: { total: 3 } });
    expect((await admin.get('/api/widget?count=true')).body).toMatchObject({ page: { total: 6 } });
    for (const accept of ['application/x-ndjson', 'text/csv']) {
      const { text } = await red.get('/api/widget', { accept });
      expect(text).toContain('w4');
      expect(text).not.toContain('blue');
    }
  });

  it('holds for the read by ?id=, and whatever cursor or idempotency key of another caller is tried', async () => {
    const [hidden, missing] = [await red.get('/api/widget?id=w1'), await red.get('/api/widget?id=none')];
    const plain = (text: string) => text.replace(/"trace_id":"[^"]*"/, '');
    problemOf(hidden, 404, 'not-found');
    expect(plain(hidden.text)).toBe(plain(missing.text));
    const { page } = (await blue.get('/api/widget?sort=weight&limit=1')).body as { page: { next_cursor: string } };
    expect(ids(await red.get(`/api/widget?sort=weight&cursor=${page.next_cursor}`))).toEqual(['w2', 'w4']);
    const headers = { 'idempotency-key': 'one-for-both' };
    expect((await blue.post('/api/widget', { code: 'b1', colour: 'blue', id: 'b1' }, headers)).status).toBe(201);
    const other = await red.post('/api/widget', { code: 'b1', colour: 'blue', id: 'b1' }, headers);
    problemOf(other, 403, 'forbidden');
    expect(other.headers).not.toHaveProperty('idempotency-replayed');
    expect((await admin.delete('/api/widget/b1')).status).toBe(204);
    problemOf(await red.post('/api/widget/b1:restore'), 404, 'not-found');
  });

  it('holds for writes, one by one and in batches', async () => {
    problemOf(await red.patch('/api/widget/w1', { weight: 9 }), 404, 'not-found');
    problemOf(await red.delete('/api/widget/w1'), 404, 'not-found');
    problemOf(await red.post('/api/widget/w1:paint'), 404, 'not-found');
    const batch = {
      atomic: false,
      operations: [
        { op: 'update', id: 'w1', body: { weight: 9 } },
        { op: 'delete', id: 'w3' },
        { op: 'update', id: 'w0', body: { weight: 10 } },
        { op: 'create', body: { code: 'theirs', colour: 'blue' } },
      ],
    };
    const { body } = await red.post('/api/widget:batch', batch);
    expect((body as { data: { status: number }[] }).data.map(({ status }) => status)).toEqual([404, 404, 200, 403]);
    problemOf(await red.post('/api/widget:batch', { operations: batch.operations.slice(0, 1) }), 404, 'not-found');
    expect((await admin.get('/api/widget/w1')).body).toMatchObject({ data: { weight: 1 } });
  });

  it('lets nobody make what they could not see', async () => {
    problemOf(await red.post('/api/widget', { code: 'x1', colour: 'blue' }), 403, 'forbidden');
    problemOf(await red.post('/api/widget', { code: 'x2' }), 403, 'forbidden');
    problemOf(await red.patch('/api/widget/w2', { colour: 'blue' }), 403, 'forbidden');
    problemOf(await red.put('/api/widget/x3', { code: 'x3', colour: 'blue' }), 403, 'forbidden');
    // A taken id is taken, and can't be made twice: what stands there is not told.
    const { detail } = problemOf(await red.put('/api/widget/w1', { code: 'x4', colour: 'red' }), 409, 'already-exists');
    expect(detail).not.toContain('blue');
    expect((await admin.get('/api/widget/w2')).body).toMatchObject({ data: { colour: 'red' } });
  });

  it('holds for watching: live, resumed and with the rows as they are', async () => {
    const open = (path: string) => SseReader.open(`${test.origin}${path}`, { authorization: `Bearer ${redKey}` });
    const initial = await open('/api/widget:watch?initial=true');
    await initial.until(({ events }) => events.some(({ event }) => event === 'bookmark'));
    expect(initial.changes.map(({ data }) => data.subject).sort()).toEqual(['w0', 'w2', 'w4']);
    const begun = initial.changes.length;
    const position = initial.lastEventId!;
    await admin.patch('/api/widget/w1', { weight: 100 });
    await admin.patch('/api/widget/w3', { colour: 'red' });
    await admin.patch('/api/widget/w4', { colour: 'blue', weight: 77 });
    await admin.patch('/api/widget/w0', { weight: 200 });
    const resumed = await open(`/api/widget:watch?after=${position}`);
    for (const [stream, skip] of [
      [initial, begun],
      [resumed, 0],
    ] as const) {
      await stream.until(({ changes }) => changes.at(-1)?.event === 'updated');
      const seen = stream.changes.slice(skip);
      expect(seen.map(({ event, data }) => `${event} ${data.subject!}`)).toEqual([
        'created w3',
        'deleted w4',
        'updated w0',
      ]);
      // The row as it left, not as it is now.
      expect(JSON.stringify(seen)).not.toContain('"weight":77');
      stream.close();
    }
    await admin.patch('/api/widget/w3', { colour: 'blue' });
    await admin.patch('/api/widget/w4', { colour: 'red' });
  });

  it('holds for history: of rows that were others’ before, only what the caller could see', async () => {
    problemOf(await red.get('/api/widget/w5:history'), 404, 'not-found');
    await admin.patch('/api/widget/w5', { weight: 55 });
    await admin.patch('/api/widget/w5', { colour: 'red' });
    const { body } = await red.get('/api/widget/w5:history');
    const { data } = body as { data: { before: unknown; after: { colour: string } }[] };
    expect(data.map(({ before, after }) => [before, after.colour])).toEqual([[null, 'red']]);
    expect(JSON.stringify(await red.get('/api/widget/w5:history?fields=id,op'))).not.toContain('created');
    // Nor does a page, or a cursor, tell that there was something before.
    for (const query of ['limit=1', 'limit=1&sort=at', "filter=op eq 'created'"]) {
      const page = (await red.get(`/api/widget/w5:history?${query}`)).body as { data: unknown[]; page: object };
      expect({ query, rows: page.data.length, page: page.page }).toEqual({
        query,
        rows: query.startsWith('limit') ? 1 : 0,
        page: { limit: query.startsWith('limit') ? 1 : 50 },
      });
    }
    await admin.patch('/api/widget/w5', { colour: 'blue' });
    problemOf(await red.get('/api/widget/w5:history'), 404, 'not-found');
  });

  it('holds for replayed answers', async () => {
    const headers = { 'idempotency-key': 'mine' };
    const body = { id: 'replayed', code: 'replayed', colour: 'red' };
    expect((await red.post('/api/widget', body, headers)).status).toBe(201);
    const minimal = { 'idempotency-key': 'mine-too', prefer: 'return=minimal' };
    const other = { ...body, id: 'replayed2', code: 'replayed2' };
    expect((await red.post('/api/widget', other, minimal)).status).toBe(201);
    expect((await red.post('/api/widget', body, headers)).headers['idempotency-replayed']).toBe('true');
    for (const id of ['replayed', 'replayed2']) await admin.patch(`/api/widget/${id}`, { colour: 'blue' });
    problemOf(await red.post('/api/widget', body, headers), 404, 'not-found');
    problemOf(await red.post('/api/widget', other, minimal), 404, 'not-found');
    for (const id of ['replayed', 'replayed2']) await admin.patch(`/api/widget/${id}`, { colour: 'red' });
    expect((await red.post('/api/widget', body, headers)).headers['idempotency-replayed']).toBe('true');
  });

  it('holds for replayed answers: also of fields that the caller could read when they were stored', async () => {
    const key = await test.keyFor('widget:read', 'widget:write', 'widget:secret', '*:*');
    const headers = { 'idempotency-key': 'told' };
    const body = { id: 'told', code: 'told', secret: 'hush' };
    const batch = { operations: [{ op: 'update', id: 'told', body: { weight: 1 } }] };
    const batched = { 'idempotency-key': 'told-too' };
    const caller = admin.as(key);
    expect((await caller.post('/api/widget', body, headers)).text).toContain('hush');
    expect((await caller.post('/api/widget:batch', batch, batched)).text).toContain('hush');
    await test.database.execute("UPDATE `api_key` SET `scopes` = 'widget:read widget:write' WHERE `scopes` LIKE ?", [
      '%widget:secret%',
    ]);
    test.app.get(KeyVerifier).changed();
    setRowRule(test, 'widget', () => EVERY_ROW);
    for (const answer of [
      await caller.post('/api/widget', body, headers),
      await caller.post('/api/widget:batch', batch, batched),
    ]) {
      expect(answer.headers['idempotency-replayed']).toBe('true');
      expect(answer.text).toContain('told');
      expect(answer.text).not.toMatch(/hush|secret/);
    }
  });

  it('fails closed: a rule that is wrong, or knows nothing of the caller, shows nothing', async () => {
    for (const rule of [
      (): RowRule => NO_ROW,
      () => rowWhere('colour', 'eq', undefined),
      () => undefined as never,
      () => everyRule(rowWhere('weight', 'ge', 0), undefined as never),
      () => everyRule(undefined as never),
      () => everyRule(),
    ]) {
      setRowRule(test, 'widget', rule);
      const none = rule() !== EVERY_ROW;
      expect(ids(await red.get('/api/widget')).length === 0).toBe(none);
      expect((await red.get('/api/widget/w2')).status).toBe(none ? 404 : 200);
    }
    for (const rule of [
      () => rowWhere('no_such_column', 'eq', 'x'),
      () => rowWhere('weight', 'eq', 'not a number'),
      () => {
        throw new Error('no claims');
      },
    ]) {
      setRowRule(test, 'widget', rule);
      for (const path of [
        '/api/widget',
        '/api/widget/w2',
        '/api/widget?count=true',
        '/api/widget:watch',
        '/api/widget/w2:history',
      ])
        problemOf(await red.get(path), 500, 'internal-error');
      problemOf(await red.post('/api/widget', { code: 'closed', colour: 'red' }), 500, 'internal-error');
    }
    setRowRule(test, 'widget', () => EVERY_ROW);
    expect((await blue.get('/api/widget/w2')).status).toBe(200);
  });
});
