import type { OpenAPIV3_1 } from 'openapi-types';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemContext, type RequestContext } from 'plinth';
import { ResourceService } from '../src/modules/resource/resource.service.js';
import { templateOf } from '../src/http/route.js';
import { startGuarded } from './support/access.js';
import { problemOf, type Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { Contract } from './support/openapi.js';
import { Carrier } from './extending/carrier.js';
import type { Parcel } from './extending/parcel.entity.js';
import { ParcelModule } from './extending/parcel.module.js';
import { ParcelService } from './extending/parcel.service.js';
import { OpenHours, order } from './extending/report.controller.js';

type Judge = (before: Parcel | null, after: Parcel | null, context: RequestContext) => void;
type Json = Record<string, never>;

const OF_A_REQUEST = ['ifMatch', 'ifNoneMatch', 'selection', 'list', 'id', 'minimal', 'idempotencyKey', 'parameters'];
function expectNothingOfARequest(context: RequestContext): void {
  const has = OF_A_REQUEST.filter((name) => (context as unknown as Json)[name]);
  expect({ has, dryRun: context.dryRun }).toEqual({ has: [], dryRun: false });
  expect(() => context.checkPreconditions('"any"')).not.toThrow();
}

/** Every snippet of docs/extending.md is a region of the module that this runs: `npm run docs:check`. */
describe.each(engines())('a module that is extended in every way, on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let admin: Client;
  let carrier: Carrier;
  beforeAll(async () => {
    test = await startGuarded(engine, { modules: [ParcelModule], env: { PARCEL_MAX_WEIGHT: '500' } });
    ({ admin } = test);
    carrier = test.app.get(Carrier);
  });
  beforeEach(async () => {
    await test.database.execute('DELETE FROM `parcel`');
    await test.database.execute('DELETE FROM `resource`');
    carrier.fetched.length = 0;
    order.length = 0;
  });
  afterAll(() => test.close());

  const body = (more: object = {}) => ({ label: 'one', tenant: 'north', weight: 100, ...more });
  const post = (more: object = {}, client = admin) => client.post('/api/parcel', body(more));
  const data = (answer: { body: unknown }) => (answer.body as { data: Json }).data;
  const ids = (answer: { body: unknown }) =>
    (answer.body as { data: { id: string }[] }).data.map(({ id }) => id).sort();

  it('has a rule that every write goes through, with the row before and after, its values checked, and the context', async () => {
    const seen: string[] = [];
    const service = test.app.get<ParcelService, { check: Judge }>(ParcelService);
    const { check } = service;
    service.check = function (before, after, context) {
      const weights = [before, after].map((row) => (row === null ? '-' : typeof row.weight === 'number' && row.weight));
      seen.push(`${weights.join(' ')} ${context.caller.id.split(':')[0]} ${context.traceId.length} ${context.dryRun}`);
      check.call(this, before, after, context);
    };
    await post({ id: 'a' });
    await post({ id: 'b' });
    await admin.patch('/api/parcel/a', { weight: 90 });
    await admin.patch('/api/parcel/a?dry_run=true', { weight: 80 });
    await admin.post('/api/parcel/a:halve', { times: 1 });
    await admin.delete('/api/parcel/a');
    await admin.post('/api/parcel/a:restore');
    const operations = [
      { op: 'update', id: 'a', body: { weight: 40 } },
      { op: 'delete', id: 'b' },
    ];
    expect((await admin.post('/api/parcel:batch', { operations })).status).toBe(200);
    expect(seen).toEqual(
      ['- 100', '- 100', '100 90', '90 80', '90 45', '45 -', '- 45', '45 40', '100 -'].map(
        (weights, n) => `${weights} key 32 ${n === 3}`,
      ),
    );
    Reflect.deleteProperty(service, 'check');
    problemOf(await post({ weight: 501 }), 409, 'parcel-too-heavy');
    const holder = admin.as(await test.keyFor('parcel:read', 'parcel:write', 'parcel:all'));
    problemOf(await holder.patch('/api/parcel/a', { weight: 41 }), 409, 'conflict');
    expect((await admin.patch('/api/parcel/a', { weight: 41 })).status).toBe(200);
  });

  it('has a verb with a body and an answer of its own, checked and whitelisted', async () => {
    await post({ id: 'a', weight: 100 });
    const { errors } = problemOf(
      await admin.post('/api/parcel/a:halve', { times: 9, no: 1 }),
      422,
      'validation-failed',
    );
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['#/no', '#/times']);
    const dry = await admin.post('/api/parcel/a:halve?dry_run=true', { times: 1 });
    expect(dry.body).toEqual({ data: { weight: 50 }, status: 'success' });
    const key = { 'idempotency-key': `halve-${engine}` };
    const first = await admin.post('/api/parcel/a:halve', { times: 2 }, key);
    expect(first.body).toEqual({ data: { weight: 25 }, status: 'success' });
    const again = await admin.post('/api/parcel/a:halve', { times: 2 }, key);
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
    problemOf(await admin.post('/api/parcel/a:halve?fields=weight', { times: 2 }), 400, 'unknown-parameter');
    problemOf(await admin.post('/api/parcel/none:halve', { times: 2 }), 404, 'not-found');
  });

  it('has parameters of its own for its list, which cursors are bound to, and counts and streams as well', async () => {
    for (const [id, weight] of Object.entries({ a: 10, b: 20, c: 30, d: 40 })) await post({ id, weight });
    expect(ids(await admin.get('/api/parcel?heavy=20'))).toEqual(['b', 'c', 'd']);
    expect(ids(await admin.get('/api/parcel'))).toEqual(['a', 'b', 'c', 'd']);
    const page = await admin.get("/api/parcel?heavy=20&limit=2&count=true&filter=tenant eq 'north'");
    expect(page.body).toMatchObject({ page: { total: 3 } });
    const cursor = (page.body as { page: { next_cursor: string } }).page.next_cursor;
    const filter = "filter=tenant eq 'north'";
    expect(ids(await admin.get(`/api/parcel?heavy=20&${filter}&cursor=${cursor}`))).toHaveLength(1);
    problemOf(await admin.get(`/api/parcel?heavy=10&${filter}&cursor=${cursor}`), 400, 'invalid-cursor');
    const lines = await admin.get('/api/parcel?heavy=30', { accept: 'application/x-ndjson' });
    expect(lines.text.trim().split('\n')).toHaveLength(2);
    const bad = problemOf(await admin.get('/api/parcel?heavy=-1&limit=0'), 400, 'invalid-parameter');
    expect(bad.errors.map(({ parameter }) => parameter)).toEqual(['heavy', 'limit']);
    // A search goes by the overridden list, with its parameters among its members.
    const search = (body: object) => admin.post('/api/parcel:search', body);
    expect(ids(await search({ heavy: 20 }))).toEqual(['b', 'c', 'd']);
    expect(ids(await search({ heavy: 20, limit: 2, filter: "tenant eq 'north'", cursor }))).toHaveLength(1);
    problemOf(await search({ heavy: 10, limit: 2, filter: "tenant eq 'north'", cursor }), 400, 'invalid-cursor');
    const wrong = problemOf(await search({ heavy: -1, sort: ['nope'] }), 400, 'invalid-parameter');
    expect(wrong.errors.map(({ pointer }) => pointer)).toEqual(['#/heavy', '#/sort']);
    problemOf(await search({ heavy: { a: 1 } }), 422, 'validation-failed');
    for (const heavy of ['x', '', '1.5', '1&heavy=2'])
      problemOf(await admin.get(`/api/parcel?heavy=${heavy}`), 400, 'invalid-parameter');
    problemOf(await admin.get('/api/parcel?heavier=1'), 400, 'unknown-parameter');
  });

  it('answers and is represented in another way, one row and all of them, as Accept asks', async () => {
    await post({ id: 'a', due_on: '2027-01-31' });
    await post({ id: 'b' });
    await post({ id: 'c', due_on: '2027-02-01' });
    const event = (id: string, on: string) => `BEGIN:VEVENT\r\nUID:${id}\r\nDTSTART;VALUE=DATE:${on}\r\nEND:VEVENT\r\n`;
    const accept = { accept: 'text/calendar' };
    const one = await admin.get('/api/parcel/a', accept);
    const json = await admin.get('/api/parcel/a');
    expect(one.text).toMatch(/^BEGIN:VCALENDAR\r\n[^]*END:VCALENDAR\r\n$/);
    expect(one.text).toContain(event('a', '20270131'));
    expect(one.headers).toMatchObject({
      'content-type': 'text/calendar; charset=utf-8',
      etag: `W/${json.headers.etag}`,
    });
    expect(one.headers.vary).toContain('Accept');
    expect(json.headers['content-type']).toMatch(/^application\/json/);
    const same = await admin.get('/api/parcel/a', { ...accept, 'if-none-match': one.headers.etag! });
    expect(same.status).toBe(304);
    expect((await admin.get('/api/parcel?id=a', accept)).text).toBe(one.text);
    const all = await admin.get('/api/parcel?sort=id', accept);
    expect(all.text).toContain(event('a', '20270131') + event('c', '20270201'));
    expect(all.text).toMatch(/^BEGIN:VCALENDAR\r\n[^]*END:VCALENDAR\r\n$/);
    expect(all.headers['content-disposition']).toBe('attachment; filename="parcel.ics"');
    problemOf(await admin.get('/api/parcel/a', { accept: 'text/html' }), 406, 'not-acceptable');
    problemOf(await admin.get('/api/resource', accept), 406, 'not-acceptable');
    for (const path of ['/api/parcel/A', '/api/parcel?id=A'])
      expect(data(await admin.get(path))).toMatchObject({ id: 'a', label: 'ONE' });
    expect(data(await admin.get('/api/parcel/a?fields=weight'))).toEqual({ id: 'a', weight: 100 });
  });

  it('takes a representation of its own as a body, within the limits of every body', async () => {
    const slip = (text: string, type = 'text/plain', path = '/api/parcel', method: 'post' | 'patch' = 'post') =>
      admin.send(method, path, { body: text, headers: { 'content-type': type } });
    const made = await slip('\uFEFFBooks\n400 g\n', 'Text/Plain; charset="utf-8"');
    expect(made.status).toBe(201);
    expect(data(made)).toMatchObject({ label: 'Books', weight: 400, tenant: 'slips' });
    expect((await admin.get(`/api/parcel/${String(data(made).id)}`, { accept: 'text/plain' })).text).toBe(
      'BOOKS\n400 g\n',
    );
    const { errors } = problemOf(await slip('Books\nheavy'), 422, 'malformed-document');
    expect(errors).toEqual([{ code: 'malformed', detail: expect.any(String), line: 2, column: 1 }]);
    // Then as JSON is: its members are checked, and the rule.
    expect(problemOf(await slip('Books\n0.5 g'), 422, 'validation-failed').errors).toMatchObject([
      { pointer: '#/weight' },
    ]);
    problemOf(await slip('Books\n501 g'), 409, 'parcel-too-heavy');
    problemOf(await slip(''), 400, 'invalid-json');
    problemOf(await slip('x'.repeat(1_048_577)), 413, 'content-too-large');
    problemOf(await slip('Books\n1 g', 'text/plain; charset=latin1'), 415, 'unsupported-media-type');
    const other = await slip('BEGIN:VCALENDAR', 'text/calendar');
    problemOf(other, 415, 'unsupported-media-type');
    expect(other.headers['accept-post']).toBe('application/json, text/plain');
    problemOf(await slip('Books\n1 g', 'text/plain', '/api/parcel/x', 'patch'), 415, 'unsupported-media-type');
    problemOf(await slip('Books\n1 g', 'text/plain', '/api/resource'), 415, 'unsupported-media-type');
    const bytes = await fetch(`${test.origin}/api/parcel`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', authorization: `Bearer ${await test.keyFor('*:*')}` },
      body: Buffer.from([0xff, 0x0a]),
    });
    expect([bytes.status, await bytes.json()]).toMatchObject([400, { code: 'invalid-text' }]);
    const keyed = () =>
      admin.post('/api/parcel', 'Once\n1 g', { 'content-type': 'text/plain', 'idempotency-key': 'slip' });
    const [first, again] = [await keyed(), await keyed()];
    expect([first.status, again.headers['idempotency-replayed'], again.body]).toEqual([
      201,
      'true',
      first.body as object,
    ]);
  });

  it('has routes of its own: with a scope, and for everybody', async () => {
    await post({ id: 'a', weight: 100 });
    await post({ id: 'b', weight: 50 });
    await post({ id: 'c', tenant: 'south', weight: 20 });
    const path = '/api/parcel-report';
    const weights = await admin.get(`${path}/weights`);
    const both = [
      { tenant: 'north', grams: 150 },
      { tenant: 'south', grams: 20 },
    ];
    expect(weights.body).toEqual({ data: both, status: 'success' });
    expect(data(await admin.get(`${path}/weights?least=100`))).toEqual(both.slice(0, 1));
    problemOf(await admin.get(`${path}/weights?least=x`), 400, 'invalid-parameter');
    problemOf(await admin.get(`${path}/weights?lest=1`), 400, 'unknown-parameter');
    problemOf(await admin.as(await test.keyFor('*:read')).get(`${path}/weights`), 403, 'forbidden');
    problemOf(await admin.as().get(`${path}/weights`), 401, 'unauthenticated');
    for (const client of [admin.as(), admin.as('plinth_x'), admin])
      expect((await client.get(`${path}/price/20`)).body).toEqual({ data: { price: 120 }, status: 'success' });
    problemOf(await admin.as().get(`${path}/price/x`), 400, 'bad-request');
    expect(data(await admin.as().post(`${path}/quotes`, { times: 2 }))).toEqual({ price: 2 });
    problemOf(await admin.as().post(`${path}/quotes`, { times: 0 }), 422, 'validation-failed');
    problemOf(
      await admin.as().post(`${path}/quotes`, '<x/>', { 'content-type': 'text/xml' }),
      415,
      'unsupported-media-type',
    );
  });

  it('has a route of its own that writes: as its caller, and without anything that it would not do', async () => {
    const box = (query = '', headers: Record<string, string> = {}) =>
      admin.post(`/api/parcel-report/boxes${query}`, { tenant: 'north' }, headers);
    for (const [query, headers, code, names] of [
      ['?dry_run=true', {}, 'unknown-parameter', ['dry_run']],
      ['?tenants=1&x=2', {}, 'unknown-parameter', ['tenants', 'x']],
      ['', { 'idempotency-key': 'box' }, 'invalid-parameter', ['idempotency-key']],
      ['', { 'if-match': '*' }, 'invalid-parameter', ['if-match']],
      ['', { 'if-none-match': '*' }, 'invalid-parameter', ['if-none-match']],
      ['?x=1', { 'if-match': '*' }, 'invalid-parameter', ['x', 'if-match']],
    ] as const) {
      const { errors } = problemOf(await box(query, headers), 400, code);
      expect(errors.map(({ parameter, header }) => parameter ?? header)).toEqual(names);
    }
    expect(ids(await admin.get('/api/parcel'))).toEqual([]);
    const made = await box();
    expect(made.status).toBe(201);
    const history = await admin.get(`/api/parcel/${String(data(made).parcel_id)}:history`);
    expect(history.body).toMatchObject({ data: [{ actor: expect.stringMatching(/^key:/) }] });
    problemOf(await admin.get('/api/parcel-report/price/20?x=1'), 400, 'unknown-parameter');
    problemOf(await admin.as().post('/api/parcel-report/quotes?dry_run=true', { times: 2 }), 400, 'unknown-parameter');
  });

  it('has all of that in the reference: each route, and answers as it says there', async () => {
    const document = (await admin.get('/openapi.json')).body as OpenAPIV3_1.Document;
    const contract = new Contract(document);
    const served = test.routes
      .filter(({ method, path }) => method !== 'HEAD' && /^\/api\/(parcel|parcel-report)(?![a-z-])/.test(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${templateOf(path)}`);
    const own = contract.operations.filter(({ path }) => path.startsWith('/api/parcel'));
    const documented = own.map(({ method, path }) => `${method} ${path}`);
    for (const route of served) expect(documented).toContain(route);
    expect(served).toHaveLength(14);
    const find = (method: string, path: string) => own.find((one) => one.method === method && one.path === path)!;
    const named = (method: string, path: string) =>
      find(method, path)
        .parameters.filter((one) => one.in !== 'header')
        .map(({ name }) => name);
    expect(named('get', '/api/parcel')).toContain('heavy');
    expect(named('post', '/api/parcel/{id}:halve')).toEqual(['id', 'dry_run']);
    expect(named('get', '/api/parcel-report/weights')).toEqual(['least']);
    expect(named('get', '/api/parcel-report/price/{grams}')).toEqual(['grams']);
    const heavy = find('get', '/api/parcel').parameters.find(({ name }) => name === 'heavy');
    expect(heavy).toMatchObject({
      schema: { type: 'integer', minimum: 0 },
      description: expect.stringContaining('grams'),
    });
    const types = (path: string) => Object.keys(find('get', path).responses['200']!.content!);
    expect(types('/api/parcel')).toContain('text/calendar');
    expect(types('/api/parcel/{id}')).toEqual(['application/json', 'text/calendar', 'text/plain']);
    const bodies = (method: 'post' | 'patch', path: string) =>
      Object.keys((document.paths![path]![method]!.requestBody as { content: object }).content);
    expect(bodies('post', '/api/parcel')).toEqual(['application/json', 'text/plain']);
    expect(bodies('patch', '/api/parcel/{id}')).not.toContain('text/plain');
    const halving = find('post', '/api/parcel/{id}:halve').body['application/json']!;
    expect(contract.fault(halving, { times: 1 })).toBeNull();
    for (const wrong of [{}, { times: 0 }, { times: 1, no: 1 }]) expect(contract.fault(halving, wrong)).not.toBeNull();
    const halve = document.paths!['/api/parcel/{id}:halve']!.post!;
    expect(JSON.stringify(halve.responses)).toContain('parcel-too-heavy');
    expect(document.paths!['/api/parcel-report/weights']!.get).toMatchObject({
      summary: 'Weights by tenant',
      security: [{ bearer: ['parcel:report'] }],
    });
    expect(document.paths!['/api/parcel-report/price/{grams}']!.get!.security).toEqual([]);
    await post({ id: 'a' });
    for (const [method, path, sent, status = '200'] of [
      ['post', '/api/parcel/{id}:halve', { times: 1 }],
      ['post', '/api/parcel/{id}:send', undefined],
      ['post', '/api/parcel/{id}:unpack', undefined],
      ['get', '/api/parcel?heavy=0', undefined],
      ['get', '/api/parcel/{id}', undefined],
      ['get', '/api/parcel-report/weights?least=1', undefined],
      ['get', '/api/parcel-report/price/7', undefined],
      ['get', '/api/parcel-report/double/7', undefined],
      ['post', '/api/parcel-report/quotes', { times: 1 }],
    ] as const) {
      const answer = await admin.send(method, path.replace('{id}', 'a'), sent ? { body: sent } : {});
      const operation = find(method, path.split('?')[0]!.replace('/7', '/{grams}'));
      const schema = operation.responses[status]!.content!['application/json']!.schema as object;
      expect({ path, status: String(answer.status), fault: contract.fault(schema, answer.body) }).toEqual({
        path,
        status,
        fault: null,
      });
    }
  });

  it('writes in another module in its transaction, without what the request asks of its own row', async () => {
    const { headers } = await post({ id: 'a' });
    const unpack = (query: string, more: Record<string, string>) =>
      admin.post(`/api/parcel/a:unpack${query}`, undefined, { 'if-match': headers.etag!, ...more });
    expect((await unpack('?dry_run=true&fields=weight', {})).status).toBe(200);
    problemOf(await admin.get('/api/resource/of-a'), 404, 'not-found');
    const more = { prefer: 'return=minimal', 'idempotency-key': `unpack-${engine}` };
    const create = import.meta.jest.spyOn(test.app.get(ResourceService), 'create');
    const first = await unpack('?fields=weight', more);
    expect(first.status).toBe(204);
    const [, other] = create.mock.calls[0]!;
    create.mockRestore();
    expect(other.caller.id).toMatch(/^key:/);
    expectNothingOfARequest(other);
    expect((await unpack('?fields=weight', more)).headers['idempotency-replayed']).toBe('true');
    expect(data(await admin.get('/api/resource/of-a'))).toMatchObject({ name: 'one' });
    // The name is taken: nothing of the parcel changes either.
    const taken = await admin.post('/api/parcel/a:unpack');
    problemOf(taken, 409, 'already-exists');
    expect((await admin.get('/api/parcel/a')).headers.etag).toBe(first.headers.etag);
  });

  it('acts for nobody who asks: a context that has nothing of a request', async () => {
    const context = systemContext('night');
    const service = test.app.get(ParcelService);
    const { id } = await service.create({ label: 'x', tenant: 'north', weight: 1, sent: false }, context);
    expect(context).toMatchObject({
      caller: { id: 'system:night' },
      dryRun: false,
      format: expect.stringContaining('json'),
    });
    expectNothingOfARequest(context);
    expect(context.forOther()).toMatchObject({ caller: context.caller, traceId: context.traceId });
    expect(await service.list(context)).toMatchObject({ data: [{ id, weight: 1 }], page: { limit: 50 } });
    await service.send(id, context);
    for (const end = Date.now() + 5_000; carrier.fetched.length === 0 && Date.now() < end;) await sleep(5);
    expect(carrier.fetched).toEqual([id]);
    const history = await admin.get(`/api/parcel/${id}:history`);
    expect(history.body).toMatchObject({ data: [{ actor: 'system:night' }, { actor: 'system:night' }] });
  });

  it('has a condition of its own for readiness, with a time limit, which is told to nobody', async () => {
    const ready = async () => {
      await sleep(1_050);
      const { status, body: said } = await admin.as().get('/health/ready');
      return { status, carrier: (said as { details: Json }).details.carrier };
    };
    expect(await ready()).toEqual({ status: 200, carrier: { status: 'up' } });
    carrier.ping = () => Promise.reject(new Error('secret-host refused'));
    expect(await ready()).toEqual({ status: 503, carrier: { status: 'down', state: 'failed' } });
    let calls = 0;
    let answer = () => {};
    carrier.ping = () => new Promise<void>((resolve) => ((calls += 1), (answer = resolve)));
    await sleep(1_050);
    const begun = performance.now();
    const many = await Promise.all(Array.from({ length: 5 }, () => admin.as().get('/health/ready')));
    expect(performance.now() - begun).toBeLessThan(900);
    for (const { status, text } of many)
      expect({ status, late: text.includes('timeout') }).toEqual({ status: 503, late: true });
    // One that hangs is not asked again beside itself.
    expect((await ready()).status).toBe(503);
    expect(calls).toBe(1);
    answer();
    carrier.ping = () => Promise.resolve();
    expect(await ready()).toEqual({ status: 200, carrier: { status: 'up' } });
  });

  it('has metrics of its own', async () => {
    await post({ id: 'a', weight: 70 });
    const scrape = async () => (await admin.get('/metrics')).text;
    const count = (text: string) => Number(/^parcel_sent_total (\d+)$/m.exec(text)![1]);
    const before = count(await scrape());
    await admin.post('/api/parcel/a:send');
    await admin.post('/api/parcel/a:send?dry_run=true');
    const has = (text: string) => /^parcel_sent_grams_bucket\{le="100"\} [1-9]/m.test(text);
    let text = '';
    for (const end = Date.now() + 5_000; !has(text) && Date.now() < end;) text = await scrape();
    expect(count(text)).toBe(before + 1);
    expect(text).toMatch(/^parcel_sent_grams_bucket\{le="100"\} [1-9]/m);
    expect(text).toContain('# HELP parcel_sent_grams Their weights.');
  });

  it('has problems of its own: with a page, in the reference', async () => {
    const { detail } = problemOf(await post({ weight: 501 }), 409, 'parcel-too-heavy');
    expect(detail).toBe('A parcel weighs 500 g at most.');
    const page = await admin.as().get('/problems/parcel-too-heavy');
    expect(page.text).toContain('The parcel is too heavy');
    expect((await admin.as().get('/problems')).text).toContain('/problems/parcel-too-heavy');
    expect((await admin.get('/openapi.json')).text).toContain('parcel-too-heavy');
  });

  it('shows rows by the claims of tokens and of keys, and a field by a scope', async () => {
    await post({ id: 'a', price: 1250 });
    await post({ id: 'b', tenant: 'south' });
    const scopes = ['parcel:read', 'parcel:write'];
    const keyed = async (claims?: object, more: string[] = []) => {
      const made = await admin.post('/api/api-key', {
        name: 'x',
        scopes: [...scopes, ...more],
        ...(claims && { claims }),
      });
      expect(made.status).toBe(201);
      return admin.as((made.body as { data: { key: string } }).data.key);
    };
    const north = await keyed({ tenant: 'north' });
    expect(ids(await north.get('/api/parcel'))).toEqual(['a']);
    problemOf(await north.get('/api/parcel/b'), 404, 'not-found');
    problemOf(await post({ tenant: 'south' }, north), 403, 'forbidden');
    for (const claims of [undefined, {}, { tenants: 'north' }])
      problemOf(await (await keyed(claims)).get('/api/parcel/a'), 404, 'not-found');
    expect(ids(await (await keyed()).get('/api/parcel'))).toEqual([]);
    expect(ids(await (await keyed({}, ['parcel:all'])).get('/api/parcel'))).toEqual(['a', 'b']);
    expect(data(await north.get('/api/parcel/a'))).not.toHaveProperty('price');
    expect(data(await (await keyed({ tenant: 'north' }, ['parcel:price'])).get('/api/parcel/a'))).toMatchObject({
      price: 1250,
    });
  });

  it("puts a class in place of the kernel's", async () => {
    await post({ id: 'a' });
    const desk = admin.as('desk');
    expect(ids(await desk.get('/api/parcel'))).toEqual(['a']);
    problemOf(await post({}, desk), 403, 'forbidden');
    problemOf(await admin.as('shelf').get('/api/parcel'), 401, 'unauthenticated');
  });

  it("has Nest's guards, interceptors and pipes: after access, and before the handler", async () => {
    const path = '/api/parcel-report/double/21';
    problemOf(await admin.as().get(path), 401, 'unauthenticated');
    problemOf(await admin.get(path, { accept: 'text/html' }), 406, 'not-acceptable');
    expect(order).toEqual([]);
    expect(data(await admin.get(path))).toEqual({ price: 42 });
    expect(order).toEqual(['guard', 'interceptor', 'handler']);
    order.length = 0;
    problemOf(await admin.get('/api/parcel-report/double/x'), 400, 'bad-request');
    expect(order).toEqual(['guard', 'interceptor']);
    order.length = 0;
    test.app.get(OpenHours).isOpen = false;
    problemOf(await admin.get(path), 409, 'conflict');
    expect(order).toEqual(['guard']);
    test.app.get(OpenHours).isOpen = true;
  });
});
