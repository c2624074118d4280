import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { treeOf, type Tree } from '../../test/support/filter-trees.js';
import { fieldOf } from '../fields/field.decorator.js';
import type { FilterOperator } from '../fields/field.js';
import { FieldSet } from '../fields/field-set.js';
import { ExactDecimal } from '../fields/types/exact-decimal.js';
import { settle } from './condition.js';
import { matches } from './condition.matches.js';
import { conditionSql } from './condition.sql.js';
import type { FilterNode } from './filter.ast.js';

const COMPARISONS: FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'];
const TYPES = { s: 'string', n: 'integer', x: 'number', b: 'boolean', t: 'timestamp' } as const;
const RANGES = {
  string: {},
  integer: { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  number: {},
  boolean: {},
  timestamp: {},
};
const fields = new FieldSet(
  Object.entries(TYPES).map(([name, type]) => ({
    ...fieldOf(name, { type, nullable: true, ...RANGES[type] }),
    filterable: [...COMPARISONS, 'in', 'contains', 'startswith', 'endswith', 'casei'],
  })),
);
type Name = keyof typeof TYPES;
type Literal = string | number | boolean | null;
type Row = Record<Name, Literal>;
interface Predicate {
  readonly kind: 'predicate';
  readonly field: string;
  readonly ignoresCase?: boolean;
  readonly operator: FilterOperator;
  readonly values: readonly Literal[];
}
type Node = Tree<Predicate>;

/** As the parser gives it. */
function parsed(node: Node): FilterNode {
  if (node.kind === 'not') return { kind: 'not', node: parsed(node.node) };
  if (node.kind !== 'predicate') return { kind: node.kind, nodes: node.nodes.map(parsed) };
  const values = node.values.map((value) => (typeof value === 'number' ? ExactDecimal.ofNumber(value) : value));
  return { ...node, values, position: 0 };
}

// Few values, so that rows and literals meet; among them all that LIKE, collations, padding and UTF-16 get wrong.
const texts = ['', 'a', 'A', 'á', 'a ', 'ab', 'a%b', 'a_b', '%', '_', '\\', "'", 'ﬀ', '\ud7ff', '\ue000', '😀', '😀a'];
/** Letters that are one without regard to case, and such as look as if they were. */
const CASES = ['aA', 'áÁ', 'sSſ', 'kK\u212a', 'σςΣ', 'ßẞ', 'ǆǅǄ', '𐐨𐐀', 'ⱥȺ', 'ı', 'İ', 'ﬀ', '.', '*', '(', '|'];
const letters = fc.array(fc.constantFrom(...CASES.flatMap((all) => [...all])), { maxLength: 4 });
const VALUES: Record<Name, fc.Arbitrary<Exclude<Literal, null>>> = {
  s: fc.oneof(
    fc.constantFrom(...texts),
    letters.map((all) => all.join('')),
  ),
  n: fc.constantFrom(-2, -1, 0, 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  x: fc.constantFrom(-1.5, 0, 0.1, 1, 1e15),
  b: fc.boolean(),
  t: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.001Z', '2026-01-01T01:00:00+01:00'),
};
/** Literals that rows are compared with: also such as no column of theirs could hold. */
const LITERALS: typeof VALUES = {
  ...VALUES,
  n: fc.oneof(VALUES.n, fc.constantFrom(-0.5, 2 ** 53, -(2 ** 63), 1e300, -1e300)),
  x: fc.oneof(VALUES.x, fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE)),
  t: fc.oneof(
    VALUES.t,
    fc.constantFrom('0001-01-01T00:00:00+23:59', '1969-12-31t23:59:59z', '9999-12-31T23:59:59.999999999-01:00'),
  ),
};
const row: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(Object.entries(VALUES).map(([name, value]) => [name, fc.option(value)])) as never,
);
const name = fc.constantFrom(...(Object.keys(TYPES) as Name[]));
const make = (operator: FilterOperator, field: string, values: Literal[]): Predicate => ({
  kind: 'predicate',
  field,
  operator,
  values,
});
const withoutCase = fc
  .tuple(fc.constantFrom<FilterOperator>('eq', 'ne', 'contains', 'startswith', 'endswith'), VALUES.s)
  .map(([operator, value]) => ({ ...make(operator, 's', [value]), ignoresCase: true }));
const amongWithoutCase = fc
  .array(VALUES.s, { minLength: 1, maxLength: 3 })
  .map((all) => ({ ...make('in', 's', all), ignoresCase: true }));
const ofValues = fc.oneof(
  fc
    .tuple(fc.constantFrom(...COMPARISONS), name)
    .chain(([operator, field]) => LITERALS[field].map((value) => make(operator, field, [value]))),
  name.chain((field) => fc.array(LITERALS[field], { minLength: 1, maxLength: 5 }).map((all) => make('in', field, all))),
  fc
    .tuple(fc.constantFrom<FilterOperator>('contains', 'startswith', 'endswith'), VALUES.s)
    .map(([operator, value]) => make(operator, 's', [value])),
  withoutCase,
  amongWithoutCase,
);
const ofNull = fc
  .tuple(fc.constantFrom<FilterOperator>('eq', 'ne'), name)
  .map(([operator, field]) => make(operator, field, [null]));
/** The meaning of a filter: true, false, or null where a NULL leaves it open. Only true selects the row. */
function evaluate(node: Node, of: Row): boolean | null {
  switch (node.kind) {
    case 'predicate':
      return test(node, of);
    case 'not': {
      const value = evaluate(node.node, of);
      return value === null ? null : !value;
    }
    default: {
      const decisive = node.kind === 'or';
      const values = node.nodes.map((child) => evaluate(child, of));
      return values.includes(decisive) ? decisive : values.includes(null) ? null : !decisive;
    }
  }
}

function test({ field, operator, ignoresCase, values }: Predicate, of: Row): boolean | null {
  if (ignoresCase)
    return test({ kind: 'predicate', field, operator, values: values.map(folded) }, { ...of, s: folded(of.s) });
  const value = of[field as Name];
  if (values[0] === null) return (value === null) === (operator === 'eq');
  if (value === null) return null;
  if (operator === 'contains') return (value as string).includes(values[0] as string);
  if (operator === 'startswith') return (value as string).startsWith(values[0] as string);
  if (operator === 'endswith') return (value as string).endsWith(values[0] as string);
  const signs = values.map((other) => order(field as Name, value, other));
  if (operator === 'in') return signs.includes(0);
  const sign = signs[0]!;
  return { eq: sign === 0, ne: sign !== 0, gt: sign > 0, ge: sign >= 0, lt: sign < 0, le: sign <= 0 }[operator];
}

function folded(value: Literal): Literal {
  if (typeof value !== 'string') return value;
  return Array.from(value, (letter) => [...(CASES.find((all) => all.includes(letter)) ?? letter)][0]).join('');
}

/** Text by code point, instants by time, the rest by value. */
function order(field: Name, a: Literal, b: Literal): number {
  if (field === 's') return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
  if (field === 't') return Date.parse((a as string).toUpperCase()) - Date.parse((b as string).toUpperCase());
  return Number(a) - Number(b);
}

const database = new Sqlite(':memory:');
database.exec('CREATE TABLE t (at INTEGER, s TEXT, n INTEGER, x REAL, b INTEGER, t TEXT)');
const insert = database.prepare('INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)');
function select(node: Node, rows: readonly Row[]): number[] {
  database.exec('DELETE FROM t');
  rows.forEach((content, at) =>
    insert.run(
      at,
      ...fields.all.map((field) => {
        const value = content[field.name as Name];
        if (value === null) return null;
        const { encode } = field.codec(true);
        const normal = field.normalise ? field.normalise(value) : value;
        return encode ? encode(normal as never) : normal;
      }),
    ),
  );
  const { sql, params } = conditionSql(settle(parsed(node), fields), true);
  return database
    .prepare(`SELECT at FROM t WHERE ${sql} ORDER BY at`)
    .pluck()
    .all(...params) as number[];
}

const stored = (content: Row): Row => ({
  ...content,
  t: content.t === null ? null : new Date(content.t as string).toISOString(),
});

describe('what a filter selects', () => {
  afterAll(() => database.close());

  it('is what it means', () => {
    const node = treeOf(fc.oneof({ arbitrary: ofValues, weight: 4 }, { arbitrary: ofNull, weight: 1 }));
    fc.assert(
      fc.property(node, fc.array(row, { minLength: 1, maxLength: 12 }), (filter, rows) => {
        const meant = rows.flatMap((content, at) => (evaluate(filter, content) === true ? [at] : []));
        expect(select(filter, rows)).toEqual(meant);
        // The feed decides in memory, on rows as they are stored, what the database decides here.
        const inMemory = settle(parsed(filter), fields);
        expect(rows.flatMap((content, at) => (matches(inMemory, stored(content)) ? [at] : []))).toEqual(meant);
      }),
      { numRuns: 2000 },
    );
  });

  it('never is a row whose fields are NULL, unless null was asked for, whatever is negated', () => {
    const nothing: Row = { s: null, n: null, x: null, b: null, t: null };
    fc.assert(fc.property(treeOf(ofValues), (filter) => expect(select(filter, [nothing])).toEqual([])));
    expect(select({ kind: 'not', node: make('ne', 's', [null]) }, [nothing])).toEqual([0]);
  });
});
