import fc from 'fast-check';
import { DomainError } from '../problems/domain-error.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import { fieldOf } from '../fields/field.decorator.js';
import type { FieldOptions } from '../fields/field.js';
import { FieldSet } from '../fields/field-set.js';
import { nextCursor, parseFields, parseListQuery } from './list-query.js';
import { countSql, pageSql, plainTable } from './list-sql.js';

const field = (name: string, options: Partial<FieldOptions> = {}) =>
  fieldOf(name, { type: 'string', filterable: true, sortable: true, unique: name === 'id', ...options });
const THING = plainTable('thing', 'sqlite');
const all = new FieldSet([
  field('id'),
  field('name', { nullable: true }),
  field('size', { type: 'integer' }),
  fieldOf('etag', { type: 'string', shown: false, derived: { from: ['id', 'version'], value: () => '' } }),
  field('secret', { readable: 'scope' }),
]);
const fields = all.for(() => false);
const errorOf = (raw: Record<string, unknown>, set = fields): DomainError => {
  try {
    parseListQuery(raw, set);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('It was taken');
};
const parametersOf = (raw: Record<string, unknown>) =>
  errorOf(raw)
    .errors.map(({ parameter }) => parameter)
    .sort();

describe('list parameters', () => {
  it('are judged by themselves, whatever was asked before', () => {
    const first = parseListQuery({ sort: 'name', limit: '2' }, all);
    const { fingerprint } = first;
    const row = { id: 'a', name: 'b' } as unknown as CrudEntity;
    const cursor = nextCursor(first, row);
    expect(parseListQuery({ sort: 'name', limit: '2', cursor }, all).after).toEqual(['b', 'a']);
    // Kept, and without the cursor of another request.
    expect(parseListQuery({ limit: '2', sort: 'name' }, all)).toMatchObject({
      limit: 2,
      fingerprint,
      after: undefined,
    });
    expect(parseListQuery({ sort: 'name', limit: '2' }, all)).toMatchObject({
      limit: 2,
      fingerprint,
      after: undefined,
    });
    expect(parseListQuery({ sort: 'name', limit: '3' }, all)).toMatchObject({ limit: 3, fingerprint });
    expect(parseListQuery({ sort: 'name', limit: '2' }, all, 'other').fingerprint).not.toBe(fingerprint);
    expect(errorOf({ sort: 'name', limit: '2', cursor: 'x' }, all).code).toBe('invalid-cursor');
    expect(errorOf({ sort: 'name', limit: ['2'] }, all).code).toBe('invalid-parameter');
    expect(errorOf({ sort: 'namelimit=1:2' }, all).code).toBe('invalid-parameter');
    expect(errorOf({ 'sort=4:namelimit': '2' }, all).code).toBe('unknown-parameter');
    // A field that is there for one caller is not for all.
    parseListQuery({ sort: 'secret' }, all);
    expect(errorOf({ sort: 'secret' }, fields).code).toBe('invalid-parameter');
    expect(() => parseListQuery({ sort: 'name', limit: '2' }, all, '', { without: ['limit'] })).toThrow('limit');
  });

  it('have defaults', () => {
    const { limit, count, includeDeleted, filter, after, columns } = parseListQuery({}, fields);
    expect({ limit, count, includeDeleted, filter, after }).toEqual({
      limit: 50,
      count: false,
      includeDeleted: false,
      filter: undefined,
      after: undefined,
    });
    expect(columns).toEqual(['id', 'name', 'size']);
  });

  it('read the columns that fields are derived from, and those that are sorted by', () => {
    expect(parseListQuery({ fields: 'etag', sort: '-size' }, fields).columns).toEqual(['id', 'version', 'size']);
  });

  it('clamp any limit that is too large', () => {
    for (const limit of ['201', '99999999999', '9'.repeat(400)])
      expect(parseListQuery({ limit }, fields).limit).toBe(200);
    for (const limit of ['0', '000', '-1', '+1', '1.0', '1e2', ' 1', '', '0x1', '١']) {
      expect(parametersOf({ limit })).toEqual(['limit']);
    }
  });

  it('take booleans literally', () => {
    for (const value of ['1', '0', 'TRUE', '', 'yes', 'true ', ['true', 'true']]) {
      expect(parametersOf({ count: value, include_deleted: value })).toEqual(['count', 'include_deleted']);
    }
  });

  it('are all named at once when they are bad', () => {
    const bad = { limit: '0', sort: 'x', fields: 'x', count: '', include_deleted: '', filter: 'x', nope: '1' };
    expect(parametersOf(bad)).toEqual(Object.keys(bad).sort());
    expect(errorOf(bad).code).toBe('invalid-parameter');
    expect(parametersOf({ limit: '0', cursor: 'x' })).toEqual(['cursor', 'limit']);
    expect(parametersOf({ sort: 'x', cursor: ['a', 'b'] })).toEqual(['cursor', 'sort']);
    // Whether a cursor belongs to a query that is none can't be told.
    expect(parametersOf({ sort: 'x', cursor: 'y' })).toEqual(['sort']);
    expect(errorOf({ a: '1', b: '2' }).code).toBe('unknown-parameter');
    expect(errorOf({ a: '1', limit: '0' }).code).toBe('invalid-parameter');
    expect(errorOf({ cursor: 'x' }).code).toBe('invalid-cursor');
    expect(errorOf({ filter: 'x' }).code).toBe('invalid-filter');
  });

  it('do not know a field that the caller can not read', () => {
    for (const raw of [{ sort: 'secret' }, { fields: 'secret' }, { filter: "secret eq 'a'" }]) {
      expect(() => parseListQuery(raw, all)).not.toThrow();
      const other = JSON.parse(JSON.stringify(raw).replace('secret', 'nobody')) as Record<string, unknown>;
      expect(JSON.stringify(errorOf(raw).errors)).toBe(
        JSON.stringify(errorOf(other).errors).replace('nobody', 'secret'),
      );
    }
  });

  it('select fields in the order asked for, the id always', () => {
    const names = (value: string) => parseFields(value, fields).map(({ name }) => name);
    expect(names('size,name')).toEqual(['id', 'size', 'name']);
    expect(names('size,id,size')).toEqual(['size', 'id']);
    for (const bad of ['', ',', 'id,', ' id', 'ID', 'id name', '*']) expect(() => names(bad)).toThrow(DomainError);
  });
});

describe('a cursor', () => {
  const row = { id: '7', name: null, size: 3 } as unknown as CrudEntity;
  const queries = [
    {},
    { sort: '-id' },
    { sort: 'name' },
    { sort: '-name' },
    { sort: 'name,size' },
    { fields: 'name' },
    { fields: 'size,name' },
    { include_deleted: 'true' },
    { filter: "name eq 'a'" },
    { filter: "name eq 'b'" },
    { filter: "name ne 'a'" },
    { filter: 'size in (1,2)' },
  ];

  it('belongs to one query, and to any limit and count of it', () => {
    queries.forEach((given, at) => {
      const cursor = nextCursor(parseListQuery(given, fields), row);
      const again = parseListQuery({ ...given, cursor, limit: '3', count: 'true' }, fields);
      expect(again.after).toHaveLength(again.sort.length);
      queries.forEach((other, index) => {
        if (index !== at) expect(errorOf({ ...other, cursor }).code).toBe('invalid-cursor');
      });
    });
  });

  it('that was changed anywhere is refused, or stands for another row of the same query', () => {
    const given = { sort: 'name,size', filter: "name eq 'a'" };
    const cursor = nextCursor(parseListQuery(given, fields), row);
    const changed = fc.tuple(fc.nat(cursor.length - 1), fc.string({ minLength: 0, maxLength: 2 }));
    fc.assert(
      fc.property(changed, ([at, by]) => {
        const forged = cursor.slice(0, at) + by + cursor.slice(at + 1);
        try {
          const [name, size, id] = parseListQuery({ ...given, cursor: forged }, fields).after!;
          expect([name === null || typeof name, typeof size, typeof id]).toEqual([
            name === null || 'string',
            'number',
            'string',
          ]);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          expect(error.code).toBe('invalid-cursor');
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the SQL of a list', () => {
  const TOKEN =
    /^(`(id|name|size|version|deleted_at|total|counted|thing)`|SELECT|FROM|WHERE|ORDER|BY|DESC|LIMIT|AS|COUNT|INSTR|AND|OR|NOT|IN|IS|NULL|[0-9]+|[(),.?*=<>]|<>|[<>]=)$/;
  /** Mostly what is taken, so that much gets as far as SQL; else what is not. */
  const mostly = (good: fc.Arbitrary<string>, bad: fc.Arbitrary<string>) =>
    fc.oneof({ arbitrary: good, weight: 6 }, { arbitrary: bad, weight: 1 });
  const bad = fc.oneof(
    fc.constantFrom('secret', 'version', 'deleted_at', 'id`', '`', '--', '*', 'name desc', '"', 'name,`x`', '1'),
    fc.string(),
  );
  const names = (all: string[]) =>
    fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 3 }).map((some) => some.join(','));
  const text = fc.string({ unit: 'grapheme', maxLength: 9 }).map((of) => `'${of.replaceAll("'", "''")}\`; DROP'`);
  const column = mostly(fc.constantFrom('name', 'id'), fc.constantFrom('secret', 'version', 'na`me', 'rowid'));
  const filter = fc.oneof(
    fc.tuple(column, mostly(fc.constantFrom('eq', 'ne', 'gt'), fc.constant('like')), text).map((of) => of.join(' ')),
    fc
      .tuple(column, fc.array(text, { minLength: 1, maxLength: 5 }))
      .map(([of, list]) => `not ${of} in (${list.join()})`),
    fc
      .tuple(mostly(fc.constantFrom('contains', 'startswith'), fc.constant('lower')), column, text)
      .map(([call, of, start]) => `(${call}(${of},${start}) or ${of} ne null) and size gt 1`),
  );
  const raw = fc.record(
    {
      limit: mostly(fc.integer({ min: 1, max: 300 }).map(String), bad),
      sort: mostly(names(['id', 'name', '-name', 'size', '-size']), bad),
      fields: mostly(names(['id', 'name', 'size', 'etag']), bad),
      filter: mostly(filter, bad),
      include_deleted: mostly(fc.constantFrom('true', 'false'), bad),
      cursor: fc.boolean(),
    },
    { requiredKeys: [] },
  );

  it('consists of known words and declared columns, whatever was sent', () => {
    let taken = 0;
    fc.assert(
      fc.property(raw, ({ cursor, ...parameters }) => {
        let query;
        try {
          query = parseListQuery(parameters, fields);
          const row = { id: 'i`d', name: '`x`', size: 1 } as unknown as CrudEntity;
          if (cursor) query = parseListQuery({ ...parameters, cursor: nextCursor(query, row) }, fields);
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
          return;
        }
        taken++;
        for (const { sql, params } of [pageSql(THING, query), countSql(THING, query, 10_000)]) {
          for (const part of sql.match(/`[^`]*`|\w+|[<>]=|<>|\S/g)!) expect(part).toMatch(TOKEN);
          expect(sql.match(/\?/g) ?? []).toHaveLength(params.length);
        }
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});
