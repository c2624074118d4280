import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import type { CrudEntity } from '../rows/crud.entity.js';
import { fieldOf } from '../fields/field.decorator.js';
import type { TypeName } from '../fields/types/types.js';
import { FieldSet } from '../fields/field-set.js';
import { nextCursor, parseListQuery } from './list-query.js';
import { settle } from './condition.js';
import { parseFilter } from './filter.parser.js';
import { countSql, pageSql, plainTable } from './list-sql.js';

const field = (name: string, type: TypeName, nullable: boolean) =>
  fieldOf(name, {
    type,
    nullable,
    filterable: ['eq', 'ne'],
    sortable: true,
    unique: name === 'id' || name === 'serial',
  });
const THING = plainTable('thing', 'sqlite');
const fields = new FieldSet([
  field('id', 'string', false),
  field('kind', 'string', false),
  field('size', 'integer', false),
  field('note', 'string', true),
  field('serial', 'integer', false),
]);
interface Row {
  id: string;
  kind: string;
  size: number;
  note: string | null;
  serial: number;
}

function tableOf(rows: readonly (Omit<Row, 'id' | 'serial'> & { gone: boolean })[]): Sqlite.Database {
  const database = new Sqlite(':memory:');
  database.exec(`CREATE TABLE thing (id TEXT PRIMARY KEY, kind TEXT NOT NULL, size INTEGER NOT NULL, note TEXT, serial INTEGER NOT NULL UNIQUE, deleted_at TEXT);
    CREATE INDEX ix_kind ON thing (kind, id);
    CREATE INDEX ix_deleted ON thing (deleted_at, id)`);
  const insert = database.prepare('INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?)');
  rows.forEach(({ kind, size, note, gone }, at) =>
    insert.run(String(at).padStart(3, '0'), kind, size, note, (at * 7) % 101, gone ? '2026-01-01 00:00:00.000' : null),
  );
  return database;
}
const row = fc.record({
  kind: fc.constantFrom('x', 'X', 'é', ''),
  size: fc.integer({ min: 0, max: 2 }),
  note: fc.option(fc.constantFrom('a', 'b')),
  gone: fc.boolean(),
});
const sort = fc
  .uniqueArray(fc.constantFrom('kind', 'size', 'note', 'serial'), { minLength: 1, maxLength: 3 })
  .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(name, `-${name}`))).map((keys) => keys.join(',')));

describe('pages', () => {
  it('make up the whole list, in its order, each row once, though their anchors are deleted', () => {
    const filter = fc.option(fc.constantFrom("kind ne 'x'", "note eq null or note eq 'a'"), { nil: undefined });
    const rule = fc.option(fc.constant(settle(parseFilter('size ne 1 or size eq 7'), fields)), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 40 }),
        fc.record({ sort, filter, include_deleted: fc.constantFrom('true', 'false') }),
        rule,
        fc.integer({ min: 1, max: 9 }),
        (rows, raw, only, limit) => {
          const database = tableOf(rows);
          const read = (cursor?: string, size = limit) => {
            const query = parseListQuery({ ...raw, cursor, limit: String(size) }, fields);
            const { sql, params } = pageSql(THING, query, { rule: only });
            const found = database.prepare(sql).all(...params) as Row[];
            const page = found.slice(0, query.limit);
            const last = found.length > query.limit ? (page.at(-1) as unknown as CrudEntity) : undefined;
            return { page, next: last && nextCursor(query, last) };
          };
          const whole = read(undefined, 200).page;
          const { sql, params } = countSql(THING, parseListQuery(raw, fields), 10, { rule: only });
          expect(database.prepare(sql).get(...params)).toEqual({ total: Math.min(whole.length, 11) });
          const walked: Row[] = [];
          for (let { page, next } = read(); ; { page, next } = read(next)) {
            walked.push(...page);
            if (next === undefined) break;
            database.prepare('DELETE FROM thing WHERE id = ?').run(page.at(-1)!.id);
          }
          expect(walked).toEqual(whole);
          const gone = whole.filter(({ id }) => rows[Number(id)]!.gone);
          expect(gone).toEqual(raw.include_deleted === 'true' ? expect.any(Array) : []);
          expect(whole.every(({ size }) => !only || size !== 1)).toBe(true);
          if (!raw.filter && !only && raw.include_deleted === 'true') expect(whole).toHaveLength(rows.length);
          database.close();
        },
      ),
      { numRuns: 500 },
    );
  });

  it('of equal sort values are sought by SQLite, not read through from the first', () => {
    const database = tableOf([]);
    for (const direction of ['kind', '-kind']) {
      const query = parseListQuery({ sort: direction }, fields);
      const cursor = nextCursor(query, { id: '1', kind: 'x' } as unknown as CrudEntity);
      const { sql, params } = pageSql(THING, parseListQuery({ sort: direction, cursor }, fields));
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[];
      expect(plan.map(({ detail }) => detail)).toEqual([
        `SEARCH thing USING INDEX ix_kind ((kind,id)${direction === 'kind' ? '>' : '<'}(?,?))`,
      ]);
    }
    database.close();
  });

  it('are read by SQLite in the order of their index, not sorted from that of deleted rows', () => {
    const database = tableOf([]);
    const { sql, params } = pageSql(THING, parseListQuery({ sort: 'kind' }, fields));
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[];
    expect(plan.map(({ detail }) => detail)).toEqual(['SCAN thing USING INDEX ix_kind']);
    database.close();
  });

  it('have one text for queries of one shape', () => {
    const text = (filter: string, id: string) => {
      const query = parseListQuery({ filter }, fields);
      const cursor = nextCursor(query, { id } as unknown as CrudEntity);
      return pageSql(THING, parseListQuery({ filter, cursor }, fields)).sql;
    };
    expect(text("kind eq 'a'", '1')).toBe(text("kind eq 'b'", '2'));
  });
});
