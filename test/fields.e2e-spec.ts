import fc from 'fast-check';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { openDataSource } from '../src/database/data-source.js';
import { schemaDrift } from '../src/database/schema/schema-drift.js';
import { loadConfig } from '../src/config/config.js';
import { schemaOf } from '../src/schema.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { SpecimenModule } from './support/specimen/specimen.module.js';
import { SseReader } from '../src/testing/sse.js';

const PATH = '/api/specimen';
type Members = Record<string, unknown>;

const digits = (least: bigint, most: bigint) => fc.bigInt({ min: least, max: most }).map(String);
const scaled = (places: number, most: bigint) =>
  fc.bigInt({ min: -most, max: most }).map((units) => {
    const text = String(units < 0n ? -units : units).padStart(places + 1, '0');
    return `${units < 0n ? '-' : ''}${text.slice(0, -places)}.${text.slice(-places)}`.replace(/^-(0\.0+)$/, '$1');
  });
const unicode = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed().replaceAll('\0', ''));
const instant = fc
  .date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((at) => at.toISOString());
const document = fc
  .jsonValue({ maxDepth: 4, stringUnit: 'grapheme' })
  .filter((value) => value !== null)
  // JSON has no -0: what can't be sent is not expected back.
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** Values in the spelling that they come back in. */
const VALUES: Record<string, fc.Arbitrary<unknown>> = {
  label: unicode,
  tint: fc.constantFrom('red', 'green', 'blue'),
  essay: fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => text.replaceAll('\0', '')),
  flag: fc.boolean(),
  small: fc.integer(),
  wide: fc.maxSafeInteger(),
  huge: digits(-(2n ** 63n), 2n ** 63n - 1n),
  price: scaled(2, 10n ** 12n - 1n),
  share: scaled(18, 10n ** 18n - 1n),
  ratio: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  day: instant.map((at) => at.slice(0, 10)),
  moment: instant,
  shape: document,
  tags: fc.array(unicode, { maxLength: 5 }),
  prices: fc.array(scaled(3, 10n ** 9n - 1n), { maxLength: 4 }),
};
const NULLABLE = Object.keys(VALUES).filter((name) => name !== 'label' && name !== 'flag');
const ORDERED = NULLABLE.filter((name) => !['essay', 'shape', 'tags', 'prices'].includes(name));
const specimen = fc.record(
  Object.fromEntries(
    Object.entries(VALUES).map(([name, value]) => [name, NULLABLE.includes(name) ? fc.option(value) : value]),
  ),
) as fc.Arbitrary<Members>;

describe.each(engines())('every type of field on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp(engine, { modules: [SpecimenModule] });
    client = new Client(test.origin);
  });
  afterAll(() => test.close());

  const created = async (body: Members): Promise<{ id: string; etag: string; data: Members }> => {
    const { status, body: answer, headers } = await client.post(PATH, body);
    expect({ status, answer }).toMatchObject({ status: 201 });
    const { data } = answer as { data: Members };
    return { id: data.id as string, etag: headers.etag!, data };
  };
  const dataOf = async (url: string): Promise<Members> => ((await client.get(url)).body as { data: Members }).data;

  it('has the columns that its declarations say', async () => {
    const config = loadConfig({ DATABASE_URL: test.url }).database;
    const dataSource = await openDataSource(config, schemaOf([SpecimenModule]));
    expect(await schemaDrift(dataSource)).toEqual([]);
    await dataSource.destroy();
  });

  it('gives the value that was written: at once, read, listed, exported, watched, in history, replayed and put back', async () => {
    const stream = await SseReader.open(`${test.origin}${PATH}:watch`);
    await fc.assert(
      fc.asyncProperty(specimen, fc.uuid(), async (body, key) => {
        const send = () => client.send('post', PATH, { body, headers: { 'idempotency-key': key } });
        const first = await send();
        expect({ status: first.status, body: first.body }).toMatchObject({ status: 201 });
        const { data } = first.body as { data: Members };
        expect(data).toMatchObject(body);
        expect((await send()).text).toBe(first.text);
        const id = data.id as string;
        expect((await client.get(`${PATH}/${id}`)).text).toBe(first.text);
        const filter = encodeURIComponent(`id eq '${id}'`);
        expect((await client.get(`${PATH}?filter=${filter}`)).body).toMatchObject({ data: [data] });
        const lines = await client.get(`${PATH}?filter=${filter}`, { accept: 'application/x-ndjson' });
        expect(JSON.parse(lines.text)).toEqual(data);
        const history = (await client.get(`${PATH}/${id}:history`)).body as { data: { after: Members }[] };
        expect(history.data[0]!.after).toMatchObject(body);
        await stream.until(({ changes }) => changes.some(({ data: { subject } }) => subject === id));
        expect(stream.changes.find(({ data: { subject } }) => subject === id)!.data.data).toEqual(data);
        // PUT takes what GET gave, and a patch of what is there changes nothing.
        const put = await client.send('put', `${PATH}/${id}`, { body: data });
        expect({ status: put.status, text: put.text, etag: put.headers.etag }).toEqual({
          status: 200,
          text: first.text,
          etag: first.headers.etag,
        });
        const patch = await client.send('patch', `${PATH}/${id}`, { body: withoutDocuments(body) });
        expect({ status: patch.status, etag: patch.headers.etag }).toEqual({ status: 200, etag: first.headers.etag });
      }),
      { numRuns: 60 },
    );
    stream.close();
  }, 120_000);

  it('pages in the order of values, with ties and nulls, and finds what it compares with', async () => {
    const rows = fc.sample(specimen, { numRuns: 60, seed: 7 });
    const known: Members[] = [];
    for (const row of [...rows, ...rows.slice(0, 20)]) known.push((await created(row)).data);
    const model = test.app.get(ModuleRegistry).get('specimen').model;
    for (const name of ORDERED) {
      const field = model.fields.find(name)!;
      const order = (a: Members, b: Members) => {
        const [left, right] = [a[name], b[name]];
        if (left === null || right === null) return Number(left !== null) - Number(right !== null);
        return field.order(left, right);
      };
      for (const sort of [name, `-${name}`]) {
        const walked: Members[] = [];
        for (let url = `${PATH}?sort=${sort}&limit=17`; ;) {
          const { body, status } = await client.get(url);
          expect({ url, status }).toEqual({ url, status: 200 });
          const { data, page } = body as { data: Members[]; page: { next_cursor?: string } };
          walked.push(...data);
          if (page.next_cursor === undefined) break;
          url = `${PATH}?sort=${sort}&limit=17&cursor=${page.next_cursor}`;
        }
        expect(new Set(walked.map(({ id }) => id)).size).toBe(walked.length);
        walked.reduce((before, after) => {
          expect((sort === name ? 1 : -1) * order(before, after)).toBeLessThanOrEqual(0);
          return after;
        });
      }
      const sample = known.find((row) => row[name] !== null)!;
      const literal = literalOf(sample[name]);
      for (const operator of field.filterable) {
        if (!(operator in { eq: 0, ne: 0, gt: 0, ge: 0, lt: 0, le: 0 })) continue;
        const found = await dataOf(`${PATH}?limit=200&filter=${encodeURIComponent(`${name} ${operator} ${literal}`)}`);
        const all = (await dataOf(`${PATH}?limit=200`)) as unknown as Members[];
        const expected = all.filter(
          (row) => row[name] !== null && holds(operator, field.order(row[name], sample[name])),
        );
        expect({ name, operator, ids: idsOf(found) }).toEqual({ name, operator, ids: idsOf(expected) });
      }
    }
  }, 120_000);

  it('refuses what a type can not hold, by name, and stores nothing', async () => {
    const before = ((await dataOf(`${PATH}?limit=200`)) as unknown as Members[]).length;
    const bad: [member: string, value: unknown, code: string, at?: string][] = [
      ['tint', 'mauve', 'not-allowed'],
      ['small', 2 ** 31, 'out-of-range'],
      ['small', 1.5, 'wrong-type'],
      ['huge', '9223372036854775808', 'out-of-range'],
      ['huge', '1.5', 'too-precise'],
      ['price', '1.005', 'too-precise'],
      ['price', 1.005, 'too-precise'],
      ['price', '10000000000.00', 'out-of-range'],
      ['price', 'much', 'wrong-type'],
      ['day', '2026-02-30', 'wrong-type'],
      ['day', '0999-12-31', 'out-of-range'],
      ['moment', '2026-11-28T24:00:00Z', 'wrong-type'],
      ['moment', '0999-12-31T23:59:59Z', 'out-of-range'],
      ['moment', '0001-01-01T00:00:00+00:01', 'out-of-range'],
      ['moment', '9999-12-31T23:59:59-00:01', 'out-of-range'],
      ['tags', ['a', 7], 'wrong-type', '/1'],
      ['tags', 'a', 'wrong-type'],
      ['prices', ['1.0005'], 'too-precise', '/0'],
      ['parent_id', 'nobody', 'unknown-reference'],
    ];
    for (const [member, value, code, at = ''] of bad) {
      const answer = await client.post(PATH, { label: 'bad', [member]: value });
      const { errors } = problemOf(answer, 422, 'validation-failed');
      expect(errors).toEqual([expect.objectContaining({ pointer: `#/${member}${at}`, code })]);
    }
    expect((await dataOf(`${PATH}?limit=200`)) as unknown as Members[]).toHaveLength(before);
  });

  it('takes other spellings of a value, and gives the one', async () => {
    const { data, id, etag } = await created({
      label: 'spelled',
      price: 12.5,
      huge: 7,
      prices: ['1', 2.5],
      moment: '2026-11-28T01:00:00.123456789+01:00',
    });
    const spelled = { price: '12.50', huge: '7', prices: ['1.000', '2.500'], moment: '2026-11-28T00:00:00.123Z' };
    expect(data).toMatchObject(spelled);
    const same = await client.send('patch', `${PATH}/${id}`, {
      body: { price: '12.5', moment: '2026-11-28T00:00:00.123Z' },
    });
    expect(same.headers.etag).toBe(etag);
  });

  it('merges a patch into a document, and compares documents by what they say', async () => {
    const { id, etag } = await created({ label: 'shaped', shape: { a: { b: 1, c: 2 }, list: [1] } });
    const same = await client.send('patch', `${PATH}/${id}`, { body: { shape: { list: [1], a: { c: 2, b: 1 } } } });
    expect(same.headers.etag).toBe(etag);
    await client.send('patch', `${PATH}/${id}`, { body: { shape: { a: { b: null, d: { e: 3 } }, list: [2] } } });
    expect((await dataOf(`${PATH}/${id}`)).shape).toEqual({ a: { c: 2, d: { e: 3 } }, list: [2] });
  });

  it('never sends what is write-only, and keeps it where a PUT leaves it out', async () => {
    const stored = (id: string) => test.database.query('SELECT `secret` FROM `specimen` WHERE `id` = ?', [id]);
    const { id, data } = await created({ label: 'kept', secret: 'canary' });
    expect(data).not.toHaveProperty('secret');
    problemOf(await client.get(`${PATH}/${id}?fields=secret`), 400, 'invalid-parameter');
    await client.send('put', `${PATH}/${id}`, { body: { label: 'kept still' } });
    expect(await stored(id)).toEqual([{ secret: 'canary' }]);
    await client.send('put', `${PATH}/${id}`, { body: { label: 'kept still', secret: 'other' } });
    expect(await stored(id)).toEqual([{ secret: 'other' }]);
    const { text: audit } = await client.get('/api/changes?limit=200');
    expect(audit).toMatch(/"before":\{[^}]*"label":"kept"/);
    const texts = [await client.get(`${PATH}/${id}:history`), await client.get(`${PATH}?limit=200`), { text: audit }];
    for (const { text } of texts) expect(text).not.toMatch(/canary|secret/);
  });

  it('refers to rows that live, and computes what is derived', async () => {
    const { id } = await created({ label: 'parent' });
    const { data } = await created({ label: 'child', parent_id: id, flag: true });
    expect(data).toMatchObject({ parent_id: id, title: 'child!' });
    expect(await dataOf(`${PATH}/${String(data.id)}?fields=title`)).toEqual({ id: data.id, title: 'child!' });
    await client.send('delete', `${PATH}/${id}`);
    problemOf(await client.post(PATH, { label: 'orphan', parent_id: id }), 422, 'validation-failed');
    const rename = await client.send('patch', `${PATH}/${String(data.id)}`, { body: { label: 'kept' } });
    expect(rename.status).toBe(200);
  });

  it('takes a document in a batch as deep as alone, and no deeper', async () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
    const body = (levels: number) => ({ label: 'deep', shape: nested(levels) });
    const inBatch = (levels: number) =>
      client.post(`${PATH}:batch`, { operations: [{ op: 'create', body: body(levels) }] });
    expect([await client.post(PATH, body(31)), await inBatch(31)].map(({ status }) => status)).toEqual([201, 200]);
    problemOf(await client.post(PATH, body(32)), 400, 'json-too-deep');
    problemOf(await inBatch(32), 400, 'json-too-deep');
  });
});

/** A patch goes into documents: null inside of one takes a member away. */
function withoutDocuments(body: Members): Members {
  const { shape: _shape, ...rest } = body;
  return rest;
}

function literalOf(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return String(value);
}

function holds(operator: string, sign: number): boolean {
  return { eq: sign === 0, ne: sign !== 0, gt: sign > 0, ge: sign >= 0, lt: sign < 0, le: sign <= 0 }[operator]!;
}

function idsOf(rows: unknown): unknown[] {
  return (rows as Members[]).map(({ id }) => id).sort();
}
