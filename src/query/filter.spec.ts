import fc from 'fast-check';
import { treeOf } from '../../test/support/filter-trees.js';
import { DomainError } from '../problems/domain-error.js';
import { fieldOf } from '../fields/field.decorator.js';
import type { FilterOperator } from '../fields/field.js';
import { FieldSet } from '../fields/field-set.js';
import { ExactDecimal } from '../fields/types/exact-decimal.js';
import type { Literal } from '../fields/types/field-type.js';
import type { TypeName } from '../fields/types/types.js';
import { settle } from './condition.js';
import { conditionSql, successor } from './condition.sql.js';
import type { FilterNode, Predicate } from './filter.ast.js';
import { parseFilter } from './filter.parser.js';

const field = (name: string, type: TypeName, readable: true | string = true) =>
  fieldOf(name, { type, readable, nullable: true, filterable: true });
const sqlOf = (filter: string, set: FieldSet = fields) => conditionSql(settle(parseFilter(filter), set), false);
const fields = new FieldSet([
  field('name', 'string'),
  field('size', 'integer'),
  field('price', 'number'),
  field('secret', 'string', 'secret:read'),
]);

const literal: fc.Arbitrary<Literal | null> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer().map((value) => ExactDecimal.ofNumber(value)),
  fc.boolean(),
  fc.constant(null),
);
const maybeWithoutCase = { ignoresCase: fc.constantFrom(undefined, true) };
const predicate: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({
    kind: fc.constant('predicate' as const),
    field: fc.constantFrom('name', 'size', 'x_1'),
    ...maybeWithoutCase,
    operator: fc.constantFrom<FilterOperator>('eq', 'ne', 'gt', 'ge', 'lt', 'le'),
    values: literal.map((value) => [value]),
    position: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant('predicate' as const),
    field: fc.constantFrom('name', 'size'),
    ...maybeWithoutCase,
    operator: fc.constant<FilterOperator>('in'),
    values: fc.array(literal, { minLength: 1, maxLength: 5 }),
    position: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant('predicate' as const),
    field: fc.constantFrom('name', 'size'),
    ...maybeWithoutCase,
    operator: fc.constantFrom<FilterOperator>('contains', 'startswith', 'endswith'),
    values: fc.string({ unit: 'grapheme' }).map((value) => [value]),
    position: fc.constant(0),
  }),
);
const tree: fc.Arbitrary<FilterNode> = treeOf(predicate);

const quote = (value: Literal | null) =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
/** Puts every group in parentheses, so that the text has one reading only. */
function write(node: FilterNode): string {
  if (node.kind === 'not') return `not (${write(node.node)})`;
  if (node.kind !== 'predicate') return node.nodes.map((child) => `(${write(child)})`).join(` ${node.kind} `);
  const { ignoresCase, operator, values } = node;
  const name = ignoresCase ? `casei( ${node.field})` : node.field;
  if (operator === 'in') return `${name} in (${values.map(quote).join(' , ')})`;
  if (operator === 'contains' || operator === 'startswith' || operator === 'endswith')
    return `${operator}(${name},${quote(values[0]!)})`;
  return `${name}  ${operator} ${quote(values[0]!)}`;
}
const withoutPositions = (node: FilterNode): unknown =>
  JSON.parse(
    JSON.stringify(node, (key, value: unknown) =>
      key === 'position' ? undefined : typeof value === 'bigint' ? String(value) : value,
    ),
  );

describe('filter', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(tree, (node) => {
        const text = write(node);
        fc.pre([...text].length <= 1024);
        let parsed: FilterNode;
        try {
          parsed = parseFilter(text);
        } catch (error) {
          // Beyond the limits, which have tests of their own.
          expect((error as DomainError).detail).toMatch(/may (have|be)/);
          return;
        }
        expect(withoutPositions(parsed)).toEqual(withoutPositions(node));
      }),
      { numRuns: 500 },
    );
  });

  it('answers anything else with invalid-filter and a position inside of it', () => {
    const words = fc.constantFrom(
      'name',
      'size',
      'eq',
      'in',
      'casei',
      'not',
      'and',
      'or',
      '(',
      ')',
      ',',
      "'a'",
      "'",
      '7',
      '-1.5e3',
      'null',
      'true',
      ';',
      '--',
      '`',
      '\\',
      '\u0000',
      '€',
    );
    const text = fc.oneof(
      fc.array(words, { maxLength: 15 }).map((parts) => parts.join(' ')),
      fc.string({ unit: 'binary', maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (filter) => {
        try {
          sqlOf(filter);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          expect(error.code).toBe('invalid-filter');
          const position = error.errors[0]!.position!;
          expect(position).toBeGreaterThanOrEqual(0);
          expect(position).toBeLessThanOrEqual(filter.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('puts nothing into SQL but declared columns, and values only as parameters', () => {
    const token =
      /^(`(name|size|price)`|INSTR|RIGHT|REPLACE|SUBSTR|AND|OR|NOT|IN|IS|NULL|\(|\)|,|\?|=|<>|>=|<=|>|<|0|1)$/;
    fc.assert(
      fc.property(tree, (node) => {
        let sql: string;
        try {
          sql = conditionSql(settle(node, fields), false).sql;
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
          return;
        }
        for (const part of sql.match(/`[^`]*`|\w+|[<>]=|<>|\S/g)!) expect(part).toMatch(token);
      }),
      { numRuns: 500 },
    );
  });

  it('does not know a field that the caller can not read', () => {
    const seen = (set: FieldSet, name: string) => {
      try {
        return sqlOf(`${name} eq 'a'`, set).sql;
      } catch (error) {
        return (error as DomainError).detail.replace(name, '*');
      }
    };
    const narrowed = fields.for(() => false);
    expect(seen(fields, 'secret')).toBe('`secret` = ?');
    expect(seen(narrowed, 'secret')).toBe(seen(narrowed, 'nobody'));
  });

  it('checks values against the type of the field', () => {
    for (const filter of [
      "size eq 'a'",
      'size eq true',
      'name eq 1',
      'name in (null)',
      'price eq null and price gt null',
      "name eq '\ud800'",
    ]) {
      expect(() => sqlOf(filter)).toThrow(DomainError);
    }
    expect(sqlOf("name in ('a','b','c')")).toEqual({
      sql: '`name` IN (?, ?, ?, ?)',
      params: ['a', 'b', 'c', 'c'],
    });
  });

  it('compares with what no column could hold, as what lies beside it', () => {
    const all = (filter: string) => ({ ...sqlOf(filter) });
    expect(all('size gt 1.5')).toEqual({ sql: '`size` > ?', params: [1] });
    expect(all('size le -1.5')).toEqual({ sql: '`size` <= ?', params: [-2] });
    expect(all('size lt 9007199254740993')).toEqual({ sql: '`size` <= ?', params: [2 ** 31 - 1] });
    expect(all('size ge -1e300')).toEqual({ sql: '(`size` IS NOT NULL OR NULL)', params: [] });
    expect(all('size eq 1.5')).toEqual({ sql: '(`size` IS NULL AND NULL)', params: [] });
    expect(all('size in (1.5, 7)')).toEqual({ sql: '`size` IN (?)', params: [7] });
    expect(all('price lt 1e999')).toEqual({ sql: '`price` <= ?', params: [Number.MAX_VALUE] });
  });

  it('compares text without regard to case by replacing its letters, and nothing else so', () => {
    expect(sqlOf("casei(name) eq 'Ab1'")).toEqual({
      sql: 'REPLACE(REPLACE(`name`, ?, ?), ?, ?) IN (?)',
      params: ['a', 'A', 'b', 'B', 'AB1'],
    });
    expect(sqlOf("endswith(casei(name),'7')")).toEqual({ sql: 'RIGHT(`name`, ?) = ?', params: [1, '7'] });
    expect(sqlOf('casei(name) eq null')).toEqual({ sql: '`name` IS NULL', params: [] });
    const many = String.fromCodePoint(...Array.from({ length: 65 }, (_, at) => 0x13a0 + at));
    for (const filter of ['casei(size) eq 1', "casei(name) gt 'a'", 'casei(name) lt null', `casei(name) eq '${many}'`])
      expect(() => sqlOf(filter)).toThrow(DomainError);
    expect(sqlOf(`casei(name) eq '${many.slice(1)}'`).params).toHaveLength(129);
  });

  it('finds the end of a prefix in code point order', () => {
    expect(successor('ab')).toBe('ac');
    expect(successor('a\u{10ffff}')).toBe('b');
    expect(successor('\u{10ffff}')).toBeNull();
    expect(successor('\ud7ff')).toBe('\ue000');
    const wellFormed = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(wellFormed, wellFormed, (start, rest) => {
        const end = successor(start);
        if (end === null) return;
        const bytes = (text: string) => Buffer.from(text);
        expect(Buffer.compare(bytes(start + rest), bytes(end))).toBe(-1);
        expect(end.startsWith(start)).toBe(false);
      }),
    );
  });
});
