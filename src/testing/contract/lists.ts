import { askList, searchOf } from '../asked-list.js';
import { problemOf } from '../client.js';
import { NO_INSTANTS } from '../instants.js';
import type { Subject } from '../subject.js';
import { ownFields } from '../rows.js';

type Row = Record<string, unknown>;
interface List {
  data: Row[];
  page: { limit: number; next_cursor?: string; total?: number; total_at_least?: number };
}

/** Pages, filters, sorts, counts and exports. */
export function lists(subject: Subject): void {
  const ROWS = 23;
  let rows: Row[];
  let field: string;

  beforeAll(async () => {
    field = subject.field;
    rows = [];
    const few = [subject.body(), subject.body(), subject.body()];
    // Few different values where the module allows it: pages have to part rows that sort alike.
    for (let n = 0; n < ROWS; n++) {
      const members: Row = {};
      for (const { name, type, nullable, options } of ownFields(subject.model)) {
        if (!nullable) continue;
        if (n % 4 === 0) members[name] = null;
        else if (type === 'string' && !options.unique) members[name] = few[n % 3]![name];
      }
      rows.push((await subject.made(members)).data);
    }
  });

  const list = async (query: string): Promise<List> => {
    const { status, body } = await askList(subject.client, subject.model, query);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body as List;
  };
  const walk = async (query: string): Promise<Row[]> => {
    const all: Row[] = [];
    for (let cursor = ''; ;) {
      const { data, page } = await list(`${query}${cursor}`);
      all.push(...data);
      if (page.next_cursor === undefined) return all;
      cursor = `&cursor=${page.next_cursor}`;
    }
  };
  const filtered = (filter: string) => list(`limit=200&filter=${encodeURIComponent(filter)}`);

  it('gives a page: data, page, status, and rows as a read gives them', async () => {
    const answer = await subject.client.get(`${subject.path}?limit=2`);
    expect(answer.body).toEqual({
      data: rows.slice(0, 2),
      page: { limit: 2, next_cursor: expect.any(String) },
      status: 'success',
    });
    const link = /<([^>]+)>; rel="next"$/.exec(answer.headers.link!)![1]!;
    expect(((await subject.client.get(link)).body as List).data).toEqual(rows.slice(2, 4));
  });

  it('keeps the question marks of a filter in the link to the next page', async () => {
    const answer = await subject.client.get(`${subject.path}?limit=1&filter=id ne 'what?'`);
    const link = /<([^>]+)>; rel="next"$/.exec(answer.headers.link!)![1]!;
    expect((await subject.client.get(link)).status).toBe(200);
  });

  it('has 50 rows a page unless asked otherwise, 200 at most, and says so', async () => {
    expect((await list('')).page.limit).toBe(50);
    expect((await list('limit=200')).page.limit).toBe(200);
    expect((await list('limit=201')).page.limit).toBe(200);
    for (const limit of ['0', '-1', 'x', '', '1.5', '1e3']) {
      const { errors } = problemOf(
        await subject.client.get(`${subject.path}?limit=${limit}`),
        400,
        'invalid-parameter',
      );
      expect(errors).toEqual([expect.objectContaining({ parameter: 'limit' })]);
    }
  });

  it('walks every declared sort, both ways, through pages that part equal and null values', async () => {
    for (const { name, sortable, order: byType } of subject.model.fields.all) {
      if (!sortable) continue;
      for (const sort of [name, `-${name}`]) {
        const whole = (await list(`limit=200&sort=${sort}&fields=${name},id`)).data;
        expect(whole).toHaveLength(ROWS);
        expect(new Set(whole.map(({ id }) => id)).size).toBe(ROWS);
        const keys = whole.map((row) => row[name]);
        const sign = sort.startsWith('-') ? -1 : 1;
        for (let at = 1; at < keys.length; at++)
          expect(sign * order(byType, keys[at - 1], keys[at])).toBeLessThanOrEqual(0);
        for (const limit of [1, 3, 7])
          expect(await walk(`limit=${limit}&sort=${sort}&fields=${name},id`)).toEqual(whole);
      }
    }
  });

  it('neither skips nor repeats when the anchor row is deleted between pages', async () => {
    const { id } = await subject.made();
    const { id: last } = await subject.made();
    const before = await list('limit=200&sort=-id&fields=id');
    const first = await list('limit=2&sort=-id&fields=id');
    expect(first.data.map((row) => row.id)).toEqual([last, id]);
    await subject.client.delete(`${subject.path}/${id}`);
    const second = await list(`limit=200&sort=-id&fields=id&cursor=${first.page.next_cursor}`);
    expect(second.data).toEqual(before.data.slice(2));
    await subject.client.delete(`${subject.path}/${last}`);
  });

  it('binds a cursor to filter, sort, fields and include_deleted, not to limit', async () => {
    const cursor = (await list(`limit=2&sort=-created_at`)).page.next_cursor!;
    expect((await list(`limit=5&sort=-created_at&cursor=${cursor}`)).data).toHaveLength(5);
    for (const other of [
      'sort=created_at',
      '',
      'sort=-created_at&fields=id',
      'sort=-created_at&include_deleted=true',
      "sort=-created_at&filter=id ne 'x'",
    ]) {
      problemOf(await subject.client.get(`${subject.path}?${other}&cursor=${cursor}`), 400, 'invalid-cursor');
    }
    for (const bad of [
      '',
      'x',
      cursor.slice(1),
      `${cursor}A`,
      Buffer.from('[]').toString('base64url'),
      Buffer.from('{"a":1}').toString('base64url'),
    ]) {
      problemOf(await subject.client.get(`${subject.path}?sort=-created_at&cursor=${bad}`), 400, 'invalid-cursor');
    }
  });

  it('refuses sorts that are not declared, repeated or too many', async () => {
    for (const sort of ['nope', 'version', '', '-', 'id,id', 'id,-id', 'created_at,id,created_at', 'Name', '`id`']) {
      const { errors } = problemOf(
        await subject.client.get(`${subject.path}?sort=${encodeURIComponent(sort)}`),
        400,
        'invalid-parameter',
      );
      expect(errors).toEqual([expect.objectContaining({ parameter: 'sort' })]);
    }
  });

  it('selects fields, with id always among them', async () => {
    const { data } = await list(`limit=1&fields=etag,${field}`);
    expect(Object.keys(data[0]!)).toEqual(['id', 'etag', field]);
    const read = await subject.client.get(`${subject.path}/${String(data[0]!.id)}`);
    expect(data[0]!.etag).toBe(read.headers.etag);
    problemOf(await subject.client.get(`${subject.path}?fields=id,nope`), 400, 'invalid-parameter');
    problemOf(await subject.client.get(`${subject.path}?fields=`), 400, 'invalid-parameter');
  });

  it('takes fields and sort with commas, or once for each, as OpenAPI sends arrays by default', async () => {
    const [first] = rows;
    for (const [commas, each] of [
      [`fields=etag,${field}&sort=-created_at,id`, `fields=etag&fields=${field}&sort=-created_at&sort=id`],
      ['fields=created_at,etag', 'fields=created_at&fields=etag'],
    ]) {
      const page = await list(`limit=3&${commas}`);
      expect(await list(`limit=3&${each}`)).toEqual(page);
      expect(await list(`limit=3&${each}&cursor=${page.page.next_cursor}`)).toEqual(
        await list(`limit=3&${commas}&cursor=${page.page.next_cursor}`),
      );
    }
    const path = `${subject.path}/${String(first!.id)}`;
    expect((await subject.client.get(`${path}?fields=etag&fields=${field}`)).body).toEqual(
      (await subject.client.get(`${path}?fields=etag,${field}`)).body,
    );
    for (const bad of ['sort=id&sort=-id', 'sort=id&sort=', 'fields=id&fields=nope', 'fields=&fields=id'])
      problemOf(await subject.client.get(`${subject.path}?${bad}`), 400, 'invalid-parameter');
  });

  it('counts when asked, and only then', async () => {
    expect((await list('limit=1')).page).not.toHaveProperty('total');
    expect((await list('limit=1&count=true')).page.total).toBe(ROWS);
    expect(
      (await list(`limit=1&count=true&filter=${encodeURIComponent(`id eq '${String(rows[0]!.id)}'`)}`)).page.total,
    ).toBe(1);
    problemOf(await subject.client.get(`${subject.path}?count=1`), 400, 'invalid-parameter');
  });

  it('shows soft-deleted rows with include_deleted=true', async () => {
    const { id } = await subject.made();
    await subject.client.delete(`${subject.path}/${id}`);
    expect((await filtered(`id eq '${id}'`)).data).toEqual([]);
    const { data } = await list(
      `include_deleted=true&fields=id,deleted_at&filter=${encodeURIComponent(`id eq '${id}'`)}`,
    );
    expect(data).toEqual([{ id, deleted_at: expect.any(String) }]);
  });

  describe('a filter', () => {
    let all: Row[];
    let query: string;
    beforeAll(async () => {
      const { id } = await subject.made();
      await subject.client.delete(`${subject.path}/${id}`);
      const names = subject.model.fields.all.filter(({ filterable }) => filterable.length > 0).map(({ name }) => name);
      query = `include_deleted=true&limit=200&fields=${names.join()}`;
      all = (await list(`${query}&sort=id`)).data;
    });
    const selected = async (filter: string, sort = 'id') =>
      (await list(`${query}&sort=${sort}&filter=${encodeURIComponent(filter)}`)).data.map(({ id }) => id);
    /** The filter and its negation select what they say: a NULL is selected by neither. */
    const check = async (text: string, name: string, isMeant: (value: Literal) => boolean) => {
      const ids = (rows: Row[]) => rows.map(({ id }) => id);
      const known = all.filter((row) => row[name] !== null);
      const [meant, others] = [true, false].map((is) => known.filter((row) => isMeant(row[name] as Literal) === is));
      expect({ text, ids: await selected(text) }).toEqual({ text, ids: ids(meant!) });
      expect({ text, ids: await selected(`not ${text}`) }).toEqual({ text, ids: ids(others!) });
      // From the index of the field, which stops at the end of a range.
      if (!subject.model.fields.find(name)!.sortable) return;
      expect({ text, ids: (await selected(text, name)).sort() }).toEqual({ text, ids: ids(meant!).sort() });
    };

    it('selects by every declared field and operator what the values say', async () => {
      for (const { name, filterable, order: byType } of subject.model.fields.all) {
        if (filterable.length === 0) continue;
        const pivot = all.map((row) => row[name] as Literal | null).find((value) => value !== null) ?? null;
        if (pivot === null) continue;
        const literal = typeof pivot === 'string' ? `'${pivot}'` : String(pivot);
        for (const operator of filterable) {
          const part = operator === 'endswith' ? String(pivot).slice(-2) : String(pivot).slice(0, 2);
          const text =
            operator === 'in'
              ? `${name} in (${literal}, ${literal})`
              : TEXT_OPERATORS.includes(operator)
                ? `${operator}(${name}, '${part}')`
                : operator === 'casei'
                  ? `contains(casei(${name}), '${part.toUpperCase()}')`
                  : `${name} ${operator} ${literal}`;
          await check(text, name, (value) => TRUTH[operator]!(byType, value, pivot, part));
        }
        const ids = (isNull: boolean) => all.filter((row) => (row[name] === null) === isNull).map(({ id }) => id);
        if (filterable.includes('eq')) expect(await selected(`${name} eq null`)).toEqual(ids(true));
        if (filterable.includes('ne')) expect(await selected(`${name} ne null`)).toEqual(ids(false));
      }
    }, 60_000);

    it('compares with any instant and any number, also with those that no column could hold', async () => {
      for (const { name, type, filterable } of subject.model.fields.all) {
        if (type !== 'timestamp' && type !== 'integer' && type !== 'number') continue;
        const isTime = type === 'timestamp';
        for (const literal of isTime ? INSTANTS : NUMBERS) {
          const than = isTime ? timeOf(literal) : Number(literal);
          const written = isTime ? `'${literal}'` : literal;
          for (const operator of filterable) {
            const text = operator === 'in' ? `${name} in (${written}, ${written})` : `${name} ${operator} ${written}`;
            await check(text, name, (value) =>
              TRUTH[operator]!(byNumber, isTime ? timeOf(value as string) : value, than, ''),
            );
          }
        }
      }
    }, 120_000);

    it('refuses what is no instant', async () => {
      const at = subject.model.fields.all.filter(
        ({ type, filterable }) => type === 'timestamp' && filterable.length > 0,
      );
      expect(at.map(({ name }) => name)).toEqual(expect.arrayContaining(['created_at', 'updated_at', 'deleted_at']));
      for (const { name } of at) {
        for (const bad of NO_INSTANTS) {
          const filter = encodeURIComponent(`${name} gt '${bad}'`);
          problemOf(await subject.client.get(`${subject.path}?filter=${filter}`), 400, 'invalid-filter');
        }
      }
    });
  });

  it('combines predicates with and, or, not and parentheses', async () => {
    const [a, b, c] = rows.map(({ id }) => `id eq '${String(id)}'`);
    const ids = async (filter: string) => (await filtered(filter)).data.map(({ id }) => id);
    expect(await ids(`${a} or ${b} and ${c}`)).toEqual([rows[0]!.id]);
    expect(await ids(`(${a} or ${b}) and not ${b}`)).toEqual([rows[0]!.id]);
    expect(await ids(`not (${a}) and (${a} or ${b})`)).toEqual([rows[1]!.id]);
  });

  it('takes text literally', async () => {
    const field = subject.free('string');
    const needed = ['eq', 'contains', 'startswith'] as const;
    if (!field || !needed.every((operator) => field.filterable.includes(operator))) return;
    const { name } = field;
    const text = `50%_o'ff\\`;
    const { id } = await subject.made({ [name]: text });
    await subject.made({ [name]: `50xyo'ff\\` });
    const quoted = text.replaceAll("'", "''");
    for (const filter of [`${name} eq '${quoted}'`, `contains(${name}, '%_o''')`, `startswith(${name}, '50%')`]) {
      expect((await filtered(filter)).data.map((row) => row.id)).toEqual([id]);
    }
    for (const filter of [
      `${name} eq '${quoted.toUpperCase()}'`,
      `${name} eq '${quoted} '`,
      `contains(${name}, '%O''')`,
    ]) {
      expect((await filtered(filter)).data).toEqual([]);
    }
  });

  it('names the position of what is wrong in a filter', async () => {
    const wrong: [filter: string, position: number][] = [
      ['', 0],
      ['id', 2],
      ['id eq', 5],
      ["id eq 'a", 6],
      ["id eq 'a' 'b'", 10],
      ["nope eq 'a'", 0],
      ["id eq 'a' and version eq 1", 14],
      ['id eq 7', 0],
      ["id like 'a'", 3],
      ["(id eq 'a'", 10],
      ['id in ()', 7],
      ['id gt null', 0],
      ["id eq 'a'; drop table resource", 9],
    ];
    for (const [filter, position] of wrong) {
      const { errors } = problemOf(
        await subject.client.get(`${subject.path}?filter=${encodeURIComponent(filter)}`),
        400,
        'invalid-filter',
      );
      expect({ filter, errors }).toEqual({
        filter,
        errors: [expect.objectContaining({ parameter: 'filter', position })],
      });
    }
    const deep = `${'('.repeat(6)}id eq 'a'${')'.repeat(6)}`;
    const many = Array.from({ length: 21 }, () => "id eq 'a'").join(' or ');
    const values = `id in (${Array.from({ length: 51 }, () => "'a'").join(',')})`;
    const long = `id eq '${'a'.repeat(1020)}'`;
    for (const filter of [deep, many, values, long]) {
      problemOf(
        await subject.client.get(`${subject.path}?filter=${encodeURIComponent(filter)}`),
        400,
        'invalid-filter',
      );
    }
  });

  describe('a search', () => {
    const search = (body: object, headers?: Record<string, string>) =>
      subject.client.post(`${subject.path}:search`, body, headers);
    const sameAs = (query: string) => search(searchOf(new URLSearchParams(query)));

    it('answers as the list does, by the same query in a body', async () => {
      const filter = encodeURIComponent("not (id eq 'nobody')");
      for (const query of [
        '',
        'limit=3&sort=-created_at,id&fields=id,etag&count=true',
        `limit=2&filter=${filter}&include_deleted=true`,
      ]) {
        const [byUrl, byBody] = [await list(query), await sameAs(query)];
        expect({ query, ...(byBody.body as List) }).toEqual({ query, ...byUrl });
        expect(byBody.headers.link ?? '').not.toContain('next');
        expect(byBody.status).toBe(200);
        const { next_cursor: cursor } = byUrl.page;
        if (cursor !== undefined)
          expect((await sameAs(`${query}&cursor=${cursor}`)).body).toEqual(await list(`${query}&cursor=${cursor}`));
      }
      expect((await search({ filter: null, limit: 2 })).body).toEqual(await list('limit=2'));
    });

    it('streams, and reads without writing: a key is none, and a row stays what it was', async () => {
      const ndjson = await search({ sort: ['-id'] }, { accept: 'application/x-ndjson', 'idempotency-key': 'search' });
      const again = await search({}, { 'idempotency-key': 'search' });
      expect(again.headers).not.toHaveProperty('idempotency-replayed');
      const lines = (ndjson.text ?? String(ndjson.body)).trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line) as Row)).toEqual((await list('limit=200&sort=-id')).data);
      const refused = await search({ limit: 1 }, { accept: 'text/csv' });
      expect(problemOf(refused, 400, 'invalid-parameter').errors).toEqual([
        expect.objectContaining({ pointer: '#/limit' }),
      ]);
    });

    it('names what is wrong by the members of its body', async () => {
      const wrong: [body: object, status: number, code: string, pointer: string][] = [
        [{ filter: 'id like' }, 400, 'invalid-filter', '#/filter'],
        [{ sort: ['nope'] }, 400, 'invalid-parameter', '#/sort'],
        [{ fields: ['nope'] }, 400, 'invalid-parameter', '#/fields'],
        [{ cursor: 'x' }, 400, 'invalid-cursor', '#/cursor'],
        [{ limit: 0 }, 422, 'validation-failed', '#/limit'],
        [{ count: 'true' }, 422, 'validation-failed', '#/count'],
        [{ sort: 'id' }, 422, 'validation-failed', '#/sort'],
        [{ id: 'x' }, 422, 'validation-failed', '#/id'],
        [[], 422, 'validation-failed', '#'],
      ];
      for (const [body, status, code, pointer] of wrong) {
        const { errors } = problemOf(await search(body), status, code);
        expect({ body, errors }).toEqual({ body, errors: [expect.objectContaining({ pointer })] });
        expect(errors[0]).not.toHaveProperty('parameter');
      }
      problemOf(await subject.client.post(`${subject.path}:search`), 422, 'validation-failed');
      problemOf(await subject.client.post(`${subject.path}:search?limit=1`, {}), 400, 'unknown-parameter');
      problemOf(await subject.client.post('/api/nothing:search', {}), 404, 'route-not-found');
      problemOf(await subject.client.get(`${subject.path}:search`), 405, 'method-not-allowed');
    });

    it('is the only place for personal fields: an address is none', async () => {
      const { guardsUrls, fields } = subject.model;
      const refused = async (path: string, parameter: string) => {
        const { errors } = problemOf(await subject.client.get(path), 400, 'personal-in-url');
        expect(errors).toEqual([expect.objectContaining({ parameter })]);
      };
      for (const { name, personal, sortable, filterable } of fields.all) {
        if (!personal || !guardsUrls) continue;
        if (sortable) await refused(`${subject.path}?sort=created_at,-${name}`, 'sort');
        if (!filterable.includes('eq')) continue;
        const filter = encodeURIComponent(`id eq 'x' or not (${name} eq null)`);
        await refused(`${subject.path}?filter=${filter}`, 'filter');
        await refused(`${subject.path}:watch?filter=${filter}`, 'filter');
      }
    });
  });

  it('names every bad parameter at once', async () => {
    const { errors } = problemOf(
      await subject.client.get(`${subject.path}?limit=0&sort=x&nope=1&count=maybe&filter=x`),
      400,
      'invalid-parameter',
    );
    expect(errors.map(({ parameter }) => parameter).sort()).toEqual(['count', 'filter', 'limit', 'nope', 'sort']);
    problemOf(await subject.client.get(`${subject.path}?limit=1&limit=2`), 400, 'invalid-parameter');
  });

  it('streams the whole result as NDJSON and as CSV', async () => {
    const all = (await list('limit=200')).data;
    const ndjson = await subject.client.get(subject.path, { accept: 'application/x-ndjson' });
    expect(ndjson.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/x-ndjson/) as unknown,
      'content-disposition': `attachment; filename="${subject.model.name}.ndjson"`,
    });
    const lines = (ndjson.text ?? String(ndjson.body)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as Row)).toEqual(all);
    const text = subject.free('string')?.name;
    const formula = text === undefined ? {} : { [text]: '=1+1,"x"' };
    await subject.made(formula);
    const shown = text ?? field;
    const query = `fields=id,${shown}&sort=-id`;
    const csv = await subject.client.get(`${subject.path}?${query}`, {
      accept: 'text/csv;q=1, application/json;q=0.5',
    });
    expect(csv.headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/csv/) as unknown,
      'content-disposition': `attachment; filename="${subject.model.name}.csv"`,
    });
    expect((await subject.client.get(subject.path)).headers).not.toHaveProperty('content-disposition');
    const records = csv.text.split('\r\n');
    expect(records[0]).toBe(`id,${shown}`);
    if (text !== undefined) expect(records[1]).toMatch(/^[^,]+,"'=1\+1,""x"""$/);
    problemOf(await subject.client.get(`${subject.path}?limit=1`, { accept: 'text/csv' }), 400, 'invalid-parameter');
    problemOf(await subject.client.get(`${subject.path}?filter=x`, { accept: 'text/csv' }), 400, 'invalid-filter');
    problemOf(await subject.client.get(subject.path, { accept: 'image/png' }), 406, 'not-acceptable');
  });
}

type Literal = string | number | boolean;
type Order = (a: unknown, b: unknown) => number;
const TRUTH: Record<string, (order: Order, value: Literal, pivot: Literal, part: string) => boolean> = {
  eq: (order, value, pivot) => order(value, pivot) === 0,
  ne: (order, value, pivot) => order(value, pivot) !== 0,
  gt: (order, value, pivot) => order(value, pivot) > 0,
  ge: (order, value, pivot) => order(value, pivot) >= 0,
  lt: (order, value, pivot) => order(value, pivot) < 0,
  le: (order, value, pivot) => order(value, pivot) <= 0,
  in: (order, value, pivot) => order(value, pivot) === 0,
  casei: (_order, value, _pivot, part) => String(value).toLowerCase().includes(part.toLowerCase()),
  contains: (_order, value, _pivot, part) => String(value).includes(part),
  startswith: (_order, value, _pivot, part) => String(value).startsWith(part),
  endswith: (_order, value, _pivot, part) => String(value).endsWith(part),
};
const TEXT_OPERATORS = ['contains', 'startswith', 'endswith'];
const byNumber: Order = (a, b) => Number(a) - Number(b);

/** Around the ends of TIMESTAMP, of DATETIME, and of the years with four digits, which an offset can leave; and in each way that RFC 3339 writes. */
const INSTANTS = [
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '0999-12-31T23:59:59Z',
  '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00Z',
  '1970-01-01t00:00:01z',
  '2000-02-29T23:59:59.123456789-12:30',
  '2038-01-19T03:14:07.999Z',
  '2038-01-19T03:14:08Z',
  '2100-01-01T00:00:00Z',
  '2106-02-07T06:28:16Z',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59.999-00:01',
  '9999-12-31T23:59:59.999-23:59',
];
/** Around the ends of INT, BIGINT and DOUBLE, and of what a number of JSON tells apart. */
const NUMBERS = [
  '0',
  '-0',
  '0.5',
  '1.5',
  '-1e-300',
  '2147483647',
  '2147483648',
  '-2147483648',
  '-2147483649',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775809',
  '18446744073709551616',
  '1e300',
  '-1e300',
  '1e400',
  '-1e400',
  '9'.repeat(400),
];

/** Cut to the millisecond. */
function timeOf(instant: string): number {
  return Date.parse(instant.toUpperCase().replace(/(\.\d{3})\d+/, '$1'));
}

/** NULL first. */
function order(byType: Order, a: unknown, b: unknown): number {
  return a === null || b === null ? Number(a !== null) - Number(b !== null) : byType(a, b);
}
