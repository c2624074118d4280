import { createClient, isProblem, type ConnectionError, type ProblemError, type WatchEvent } from 'plinth-client';
import type { paths } from 'plinth-client/openapi';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { execute } from './support/execute.js';
import { FaultyFetch } from './support/faulty-fetch.js';
import { ready } from './support/ready.js';
import { Service } from './support/service.js';

const QUICK = { patienceMs: 5_000, attemptMs: 2_000, baseMs: 1, capMs: 10 };
const caught = (promise: Promise<unknown>) => promise.then(fail, (error: unknown) => error);
function fail(): never {
  throw new Error('It should have failed');
}

describe.each(engines())('the typed client, on %s', (engine) => {
  let database: TestDatabase;
  let service: Service;
  let network: FaultyFetch;
  const clientOf = (retry: object = QUICK) =>
    createClient<paths>({ origin: service.origin, fetch: network.fetch, retry });
  const rowsOf = (retry?: object) => clientOf(retry).module('resource');
  beforeAll(async () => {
    database = await freshDatabase(engine);
    service = await Service.spawn({ DATABASE_URL: database.url, DATABASE_MIGRATE: 'always', LOG_LEVEL: 'fatal' });
    await ready(service);
  });
  beforeEach(() => (network = new FaultyFetch()));
  afterAll(async () => {
    await service.kill();
    await database.drop();
  });

  it('creates, reads, changes, replaces, removes and restores', async () => {
    const rows = rowsOf();
    const made = await rows.create({ id: 'é first?'.slice(2, 7), name: 'Reading room' });
    expect(made).toEqual({
      data: { id: 'first', name: 'Reading room', created_at: expect.any(String) },
      etag: expect.any(String),
    });
    const { data } = await rows.get('first', { fields: ['version', 'etag'] });
    // As `fields` says: not perhaps, and nothing else.
    const exact: { id: string; version: number; etag: string } = data;
    expect(exact).toEqual({ id: 'first', version: 1, etag: made.etag });
    const changed = await rows.update('first', { name: 'Map room' }, { ifMatch: made.etag });
    expect((await rows.update('first', { name: 'x' }, { dryRun: true })).data.name).toBe('x');
    expect(await rows.get('first')).toEqual(changed);
    expect((await rows.replace('first', { name: 'Hall' })).data.name).toBe('Hall');
    await rows.remove('first');
    expect(await caught(rows.get('first'))).toMatchObject({ name: 'ProblemError', status: 404, code: 'not-found' });
    expect((await rows.act('first', 'restore')).data.name).toBe('Hall');
    await rows.create({ id: 'gone', name: 'Gone' });
    await rows.remove('gone');
    await rows.purge('gone');
    expect(await caught(rows.act('gone', 'restore'))).toMatchObject({ code: 'not-found' });
    const outcomes = await rows.batch(
      [
        { op: 'delete', id: 'first' },
        { op: 'delete', id: 'none' },
      ],
      { atomic: false },
    );
    expect(outcomes.map(({ status }) => status)).toEqual([204, 404]);
  });

  it('throws problems, with a pointer for each fault', async () => {
    const error = (await caught(rowsOf().create({ nam: 'x' } as never))) as ProblemError;
    expect(isProblem(error)).toBe(true);
    expect(isProblem(error, 'not-found')).toBe(false);
    if (!isProblem(error, 'validation-failed', 'conflict')) return fail();
    const code: 'validation-failed' | 'conflict' = error.code;
    expect(code).toBe('validation-failed');
    expect(error.errors.map(({ pointer }) => pointer).sort()).toEqual(['#/nam', '#/name']);
    expect(error).toMatchObject({ status: 422, type: '/problems/validation-failed', traceId: expect.any(String) });
    expect(network.requests).toHaveLength(1);
  });

  it('repeats a write whose answer is lost or cut off, with one key: it happens once', async () => {
    const rows = rowsOf();
    network.loseAnswers = 2;
    network.cutAnswers = 1;
    const { data } = await rows.create({ name: 'once' });
    const keys = network.requests.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect((await rows.list({ filter: "name eq 'once'" })).data).toEqual([data]);
    network.loseAnswers = 1;
    await rows.remove(data.id);
    expect((await rows.list({ filter: "name eq 'once'" })).data).toEqual([]);
  });

  it('does not repeat a write that has no key, and says why', async () => {
    network.loseAnswers = 1;
    const { http } = clientOf();
    const error = (await caught(http.POST('/api/resource', { body: { name: 'unsure' } }))) as ConnectionError;
    expect(error).toMatchObject({ name: 'ConnectionError', cause: { message: 'fetch failed' } });
    expect(network.requests).toHaveLength(1);
  });

  it('waits as long as Retry-After says, and no longer than its onLock', async () => {
    const times: number[] = [];
    const refusing = (seconds: number) =>
      createClient<paths>({
        origin: service.origin,
        retry: QUICK,
        fetch: async (request) => {
          times.push(Date.now());
          const body = { code: 'overloaded', title: 'Too much to do', status: 503 };
          if (times.length > 1) return fetch(request);
          return Response.json(body, { status: 503, headers: { 'retry-after': String(seconds) } });
        },
      });
    await refusing(1).http.POST('/api/resource', { body: { name: 'patient' } });
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(995);
    times.length = 0;
    const error = await caught(refusing(60).module('resource').create({ name: 'impatient' }));
    expect(error).toMatchObject({ code: 'overloaded', retryAfterMs: 60_000 });
    expect(times).toHaveLength(1);
  });

  it('gives an attempt up that is not answered, however much garbage was collected meanwhile', async () => {
    let attempts = 0;
    const silent = new Promise<Response>(() => undefined);
    const { http } = createClient<paths>({
      origin: service.origin,
      retry: { ...QUICK, attemptMs: 100 },
      fetch: (request) => (attempts++ === 0 ? silent : fetch(request)),
    });
    const reading = http.GET('/api/resource');
    collectGarbage();
    expect((await reading).response.status).toBe(200);
    expect(attempts).toBe(2);
  });

  it('ends at once when it is aborted', async () => {
    network.loseAnswers = 1_000;
    const signal = AbortSignal.timeout(200);
    const begun = Date.now();
    expect(
      await caught(rowsOf({ baseMs: 60_000, capMs: 60_000, patienceMs: 600_000 }).get('x', { signal })),
    ).toMatchObject({
      name: 'TimeoutError',
    });
    expect(Date.now() - begun).toBeLessThan(2_000);
  });

  it('goes through all pages, and through an export', async () => {
    const rows = rowsOf();
    const names = Array.from({ length: 25 }, (_, n) => `page ${String(n).padStart(2, '0')}`);
    await rows.batch(names.map((name) => ({ op: 'create', body: { name } })));
    const query = { filter: "startswith(name,'page')", sort: ['-name' as const] };
    network.loseAnswers = 1;
    const seen: string[] = [];
    for await (const row of rows.all({ ...query, limit: 10, fields: ['name'] })) seen.push(row.name);
    expect(seen).toEqual([...names].reverse());
    const sizes: number[] = [];
    for await (const { data } of rows.pages({ ...query, limit: 10 })) sizes.push(data.length);
    expect(sizes).toEqual([10, 10, 5]);
    const exported: string[] = [];
    for await (const { name } of rows.export({ ...query, fields: ['name'] })) exported.push(name);
    expect(exported).toEqual(seen);
    // The same in bodies, and as often as it takes: a search is a read.
    network.requests.length = 0;
    network.loseAnswers = 1;
    const searched: string[] = [];
    const inBody = { inBody: true };
    for await (const row of rows.all({ ...query, limit: 10, fields: ['name'] }, inBody)) searched.push(row.name);
    for await (const { name } of rows.export({ ...query, fields: ['name'] }, inBody)) searched.push(name);
    expect(searched).toEqual([...seen, ...seen]);
    expect(network.requests.filter(({ url }) => !url.endsWith('/api/resource:search'))).toEqual([]);
    expect(network.requests).toHaveLength(5);
    network.cutAnswers = 1;
    const cut = (async () => {
      for await (const { id } of rows.export(query)) expect(id).toBeDefined();
    })();
    expect(await caught(cut)).toMatchObject({ name: 'ConnectionError' });
    const left = (async () => {
      const leave = new AbortController();
      for await (const row of rows.export(query, { signal: leave.signal })) leave.abort(new Error(row.id));
    })();
    // It may have come as a whole before.
    expect(await left.catch((error: unknown) => (error as Error).name)).not.toBe('ConnectionError');
  });

  it('edits on the condition that nobody else has, as often as it takes', async () => {
    const rows = rowsOf({ ...QUICK, baseMs: 20, capMs: 500 });
    await rows.create({ id: 'counter', name: '0' });
    const next = (name: string) => ({ name: String(Number(name) + 1) });
    const editors = Array.from({ length: 12 }, (_, n) =>
      n % 2 === 0
        ? rows.edit('counter', ({ name }) => next(name), { fields: ['name'], attempts: 100 })
        : rows.rewrite('counter', async ({ name }) => next(name!), { attempts: 100 }),
    );
    const results = (await Promise.all(editors)).map(({ data }) => Number(data.name)).sort((a, b) => a - b);
    expect(results).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
    const before = await rows.get('counter');
    expect(await rows.edit('counter', () => undefined)).toEqual(before);
    const hopeless = rows.edit(
      'counter',
      async ({ name }) => {
        await rows.update('counter', next(name!));
        return next('0');
      },
      { attempts: 2 },
    );
    expect(await caught(hopeless)).toMatchObject({ code: 'precondition-failed' });
    expect((await rows.get('counter')).data.name).toBe('14');
  });

  it('watches over cuts: each change once, in order, though the service may say it again', async () => {
    const again = async (request: Request) => {
      const [epoch, seq] = request.headers.get('last-event-id')?.split('-') ?? [];
      if (epoch !== undefined) request.headers.set('last-event-id', `${epoch}-${Math.max(0, Number(seq) - 3)}`);
      return network.fetch(request);
    };
    const rows = createClient<paths>({ origin: service.origin, fetch: again, retry: QUICK }).module('resource');
    const seen: WatchEvent<{ id: string; name?: string }>[] = [];
    const stop = new AbortController();
    const watching = caught(
      (async () => {
        for await (const event of rows.watch({ filter: "startswith(name,'w')", signal: stop.signal })) seen.push(event);
      })(),
    );
    await until(() => seen.length > 0);
    for (let n = 0; n < 20; n++) {
      await rows.replace('watched', { name: `w${n}` });
      if (n % 4 === 0) network.cut();
    }
    await rows.remove('watched');
    await until(() => seen.some(({ type }) => type === 'deleted'));
    const changes = seen.flatMap((event) => ('row' in event ? [`${event.type} ${event.row.name}`] : []));
    expect(changes).toEqual([
      'created w0',
      ...Array.from({ length: 19 }, (_, n) => `updated w${n + 1}`),
      'deleted w19',
    ]);
    stop.abort();
    expect(await watching).toMatchObject({ name: 'AbortError' });
  });

  it('leaves a stream when it is aborted, however long ago that began', async () => {
    const seen: unknown[] = [];
    const stop = new AbortController();
    const watching = caught(
      (async () => {
        for await (const event of rowsOf().watch({ signal: stop.signal })) seen.push(event);
      })(),
    );
    await until(() => seen.length > 0);
    const { data } = await clientOf().http.GET('/api/resource:watch', { parseAs: 'stream', signal: stop.signal });
    const reading = caught(
      (async () => {
        const reader = (data as unknown as ReadableStream<Uint8Array>).getReader();
        while (!(await reader.read()).done);
      })(),
    );
    // Anything that only a signal leads to is gone by then.
    for (let n = 0; n < 5; n++, await sleep(20)) collectGarbage();
    stop.abort();
    expect(await Promise.race([watching, sleep(2_000)])).toMatchObject({ name: 'AbortError' });
    expect(await Promise.race([reading, sleep(2_000)])).toMatchObject({ name: 'AbortError' });
  });

  it('takes a stream that is silent for dead', async () => {
    const seen: string[] = [];
    const signal = AbortSignal.timeout(2_000);
    const watching = caught(
      (async () => {
        for await (const event of rowsOf().watch({ idleMs: 100, signal })) if ('row' in event) seen.push(event.type);
      })(),
    );
    await until(() => network.requests.length > 3);
    await rowsOf().create({ name: 'after some silence' });
    expect(await watching).toMatchObject({ name: 'TimeoutError' });
    expect(seen).toEqual(['created']);
  });

  it('begins anew with the rows, or says so, when the feed has another history', async () => {
    const rows = rowsOf();
    await rows.create({ id: 'kept', name: 'kept' });
    const seen: WatchEvent<{ id: string }>[] = [];
    const stop = new AbortController();
    const watching = caught(
      (async () => {
        const options = { initial: true, filter: "id eq 'kept'", signal: stop.signal };
        for await (const event of rows.watch(options)) seen.push(event);
      })(),
    );
    await until(() => seen.at(-1)?.type === 'bookmark');
    const { position } = seen.at(-1) as { position: string };
    await execute(database.url, "UPDATE change_feed SET epoch = '261124023736'");
    network.cut();
    await until(() => seen.filter(({ type }) => type === 'bookmark').length > 1);
    expect(seen.map(({ type }) => type)).toEqual(['reset', 'created', 'bookmark', 'reset', 'created', 'bookmark']);
    stop.abort();
    await watching;
    const error = await caught(rows.watch({ after: position }).next());
    expect(error).toMatchObject({ status: 410, code: 'position-expired' });
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !done(); await sleep(5)) if (Date.now() > end) throw new Error('Not in time');
}
