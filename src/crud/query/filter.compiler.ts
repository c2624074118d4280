import type { SqlValue } from '../../database/session.js';
import type { Field } from '../../fields/field.js';
import type { FieldSet } from '../../fields/field-set.js';
import type { FilterNode, Literal, Predicate } from './filter.ast.js';
import { invalidFilter } from './filter.tokens.js';
import { toSqlValue, valueFault } from './sql-value.js';

export interface SqlFragment {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

const SYMBOLS = { eq: '=', ne: '<>', gt: '>', ge: '>=', lt: '<', le: '<=' } as const;

/**
 * A filter as a where-clause: columns from the field contract, values only as bound parameters. Logic is SQL's, of three
 * values: a NULL matches `eq null` and nothing else, whether a `not` stands before the predicate or not.
 * @throws DomainError `invalid-filter` for a field or operator that the caller does not have, or a value of another type
 */
export function compileFilter(node: FilterNode, fields: FieldSet): SqlFragment {
  const params: SqlValue[] = [];
  return { sql: compile(node, fields, params), params };
}

function compile(node: FilterNode, fields: FieldSet, params: SqlValue[]): string {
  switch (node.kind) {
    case 'predicate':
      return predicate(node, fields, params);
    case 'not':
      return `NOT (${compile(node.node, fields, params)})`;
    case 'and':
      return `(${node.nodes.map((child) => compile(child, fields, params)).join(' AND ')})`;
    case 'or':
      return `(${node.nodes.map((child) => compile(child, fields, params)).join(' OR ')})`;
  }
}

function predicate(node: Predicate, fields: FieldSet, params: SqlValue[]): string {
  const { operator, values, position } = node;
  const field = fields.find(node.field);
  if (!field || field.filterable.length === 0)
    throw invalidFilter(`There is no field "${shorten(node.field)}" to filter by.`, position);
  if (!field.filterable.includes(operator)) {
    throw invalidFilter(`"${field.name}" can be filtered by ${field.filterable.join(', ')}.`, position);
  }
  const column = `\`${field.name}\``;
  if (values[0] === null && operator !== 'in') return nullPredicate(node, column);
  for (const value of values) checkValue(field, value, position);
  switch (operator) {
    case 'in':
      return inList(column, field, values, params);
    case 'contains':
      params.push(values[0] as string);
      return `INSTR(${column}, ?) > 0`;
    case 'startswith':
      return prefix(column, values[0] as string, params);
    default:
      params.push(toSqlValue(field, values[0] as string));
      return `${column} ${SYMBOLS[operator]} ?`;
  }
}

function nullPredicate({ operator, position }: Predicate, column: string): string {
  if (operator === 'eq') return `${column} IS NULL`;
  if (operator === 'ne') return `${column} IS NOT NULL`;
  throw invalidFilter('null can be compared with eq and ne.', position);
}

function checkValue(field: Field, value: Literal, position: number): void {
  const fault = value === null ? 'null can be compared with eq and ne' : valueFault(field, value);
  if (fault) throw invalidFilter(`A value for "${field.name}" ${fault}.`, position);
}

/** Padded to a power of two with its last value, so that few statements are prepared. */
function inList(column: string, field: Field, values: readonly Literal[], params: SqlValue[]): string {
  const size = 2 ** Math.ceil(Math.log2(values.length));
  for (let index = 0; index < size; index++) {
    params.push(toSqlValue(field, values[Math.min(index, values.length - 1)] as string));
  }
  return `${column} IN (${Array.from({ length: size }, () => '?').join(', ')})`;
}

/** As a range, which an index serves, and in which no character is a wildcard. */
function prefix(column: string, start: string, params: SqlValue[]): string {
  params.push(start);
  const end = successor(start);
  if (end === null) return `${column} >= ?`;
  params.push(end);
  return `(${column} >= ? AND ${column} < ?)`;
}

/** The first string, in code point order, after all that begin with `start`; null when there is none. */
export function successor(start: string): string | null {
  const points = Array.from(start, (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === 0x10ffff) continue;
    // No string of well-formed Unicode has a surrogate.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}

function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}
