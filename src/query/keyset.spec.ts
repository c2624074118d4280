import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { fieldOf } from '../fields/field.decorator.js';
import type { TypeName } from '../fields/types/types.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { after, type PositionValue } from './keyset.js';
import { orderBy, type SortKey } from './sort.js';
import { DomainError } from '../problems/domain-error.js';

const field = (name: string, type: TypeName, nullable: boolean) => fieldOf(name, { type, nullable, sortable: true });
const FIELDS = { a: field('a', 'integer', true), b: field('b', 'string', true), id: field('id', 'integer', false) };

type Row = Record<'a' | 'b' | 'id', PositionValue>;

describe('keyset', () => {
  it('walks any order, with ties and nulls, through pages of any size, and gives every row once', () => {
    const rows = fc.array(
      fc.record({ a: fc.option(fc.integer({ min: 0, max: 2 })), b: fc.option(fc.constantFrom('x', 'X', 'é', '')) }),
      { maxLength: 30 },
    );
    const keys = fc.uniqueArray(fc.constantFrom<'a' | 'b'>('a', 'b'), { maxLength: 2 });
    fc.assert(
      fc.property(
        rows,
        keys,
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 7 }),
        (content, names, downs, limit) => {
          const sort: SortKey[] = [...names, 'id' as const].map((name, index) => ({
            field: FIELDS[name],
            descending: downs[index]!,
          }));
          const database = new Sqlite(':memory:');
          database.exec('CREATE TABLE t (a INTEGER, b TEXT, id INTEGER PRIMARY KEY)');
          const insert = database.prepare('INSERT INTO t VALUES (?, ?, ?)');
          content.forEach(({ a, b }, id) => insert.run(a, b, id));
          const select = (where: string, params: unknown[], most: number) =>
            database
              .prepare(`SELECT * FROM t WHERE ${where} ORDER BY ${orderBy(sort, 't')} LIMIT ${most}`)
              .all(...params) as Row[];
          const whole = select('1', [], 100);
          const walked: Row[] = [];
          for (let page = select('1', [], limit); page.length > 0;) {
            walked.push(...page);
            const last = page.at(-1)!;
            const cursor = encodeCursor(
              'q',
              sort.map(({ field: { name } }) => last[name as keyof Row]),
            );
            // The anchor is gone before the next page is asked for.
            database.prepare('DELETE FROM t WHERE id = ?').run(last.id);
            const { sql, params } = after(sort, decodeCursor(cursor, 'q', sort), true);
            page = select(sql, [...params], limit);
          }
          expect(walked).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('cursor', () => {
  const sort: SortKey[] = [
    { field: FIELDS.b, descending: false },
    { field: FIELDS.id, descending: false },
  ];

  it('is read back as it was, and nothing else is read at all', () => {
    fc.assert(
      fc.property(fc.option(fc.string({ unit: 'grapheme' })), fc.integer(), (b, id) => {
        expect(decodeCursor(encodeCursor('q', [b, id]), 'q', sort)).toEqual([b, id]);
        expect(() => decodeCursor(encodeCursor('other', [b, id]), 'q', sort)).toThrow(DomainError);
      }),
    );
    const forged = fc.oneof(
      fc.string(),
      fc.string().map((text) => Buffer.from(text).toString('base64url')),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.array(fc.jsonValue()).map((values) => Buffer.from(JSON.stringify(['q', ...values])).toString('base64url')),
    );
    fc.assert(
      fc.property(forged, (cursor) => {
        let position: PositionValue[];
        try {
          position = decodeCursor(cursor, 'q', sort);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          expect(error.code).toBe('invalid-cursor');
          return;
        }
        expect(position).toEqual([position[0] === null ? null : expect.any(String), expect.any(Number)]);
      }),
      { numRuns: 1000 },
    );
  });
});
