import { padded } from '../database/padded.js';
import type { SqlValue } from '../database/session.js';
import type { Field } from '../fields/field.js';
import type { FieldValue } from '../fields/types/field-type.js';
import { foldedSql } from './case-folding.sql.js';
import type { Condition, TextOperator } from './condition.js';

export interface SqlFragment {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

const SYMBOLS = { eq: '=', ne: '<>', gt: '>', ge: '>=', lt: '<', le: '<=' } as const;

/** A condition as a where-clause: values only as bound parameters. */
export function conditionSql(condition: Condition, isSqlite: boolean): SqlFragment {
  const params: SqlValue[] = [];
  return { sql: compile(condition, isSqlite, params), params };
}

/** Binds a value of a field to compare its column with. @returns what stands for it in the statement */
export function bind(field: Field, value: FieldValue, isSqlite: boolean, params: SqlValue[]): string {
  const { encode, place = '?' } = field.codec(isSqlite);
  params.push(encode ? encode(value as never) : value);
  return place;
}

function compile(condition: Condition, isSqlite: boolean, params: SqlValue[]): string {
  switch (condition.kind) {
    case 'not':
      return `NOT (${compile(condition.node, isSqlite, params)})`;
    case 'and':
    case 'or': {
      const { kind, nodes } = condition;
      if (nodes.length === 0) return kind === 'and' ? '1 = 1' : '1 = 0';
      return `(${nodes.map((child) => compile(child, isSqlite, params)).join(kind === 'and' ? ' AND ' : ' OR ')})`;
    }
    default:
      return predicate(condition, isSqlite, params);
  }
}

type SinglePredicate = Exclude<Condition, { kind: 'and' | 'or' | 'not' }>;

function predicate(condition: SinglePredicate, isSqlite: boolean, params: SqlValue[]): string {
  const { field } = condition;
  const column = `\`${field.name}\``;
  switch (condition.kind) {
    case 'null':
      return `${column} IS ${condition.isNull ? '' : 'NOT '}NULL`;
    case 'any':
      // The other half makes it unknown of NULL.
      return condition.isTrue ? `(${column} IS NOT NULL OR NULL)` : `(${column} IS NULL AND NULL)`;
    case 'compare':
      return `${column} ${SYMBOLS[condition.operator]} ${bind(field, condition.value, isSqlite, params)}`;
    case 'in':
      return inList(column, field, condition.values, isSqlite, params);
    case 'text':
      return textPredicate(column, condition.operator, condition.text, isSqlite, params);
    case 'folded':
      return foldedPredicate(column, condition, isSqlite, params);
  }
}

function inList(
  column: string,
  field: Field,
  values: readonly FieldValue[],
  isSqlite: boolean,
  params: SqlValue[],
): string {
  const places = padded(values).map((value) => bind(field, value, isSqlite, params));
  return `${column} IN (${places.join(', ')})`;
}

function textPredicate(
  column: string,
  operator: TextOperator,
  text: string,
  isSqlite: boolean,
  params: SqlValue[],
): string {
  switch (operator) {
    case 'contains':
      params.push(text);
      return `INSTR(${column}, ?) > 0`;
    case 'startswith':
      return prefix(column, text, params);
    case 'endswith':
      return suffix(column, text, isSqlite, params);
  }
}

function foldedPredicate(
  column: string,
  { operator, texts }: Extract<Condition, { kind: 'folded' }>,
  isSqlite: boolean,
  params: SqlValue[],
): string {
  const folded = foldedSql(column, texts);
  params.push(...folded.params);
  const [text] = folded.texts;
  if (operator === 'startswith') {
    params.push([...text!].length, text!);
    return `SUBSTR(${folded.sql}, 1, ?) = ?`;
  }
  if (operator !== 'in') return textPredicate(folded.sql, operator, text!, isSqlite, params);
  const values = padded(folded.texts);
  params.push(...values);
  return `${folded.sql} IN (${values.map(() => '?').join(', ')})`;
}

/** Compares with a range, which an index serves, and in which no character is a wildcard. */
function prefix(column: string, start: string, params: SqlValue[]): string {
  params.push(start);
  const end = successor(start);
  if (end === null) return `${column} >= ?`;
  params.push(end);
  return `(${column} >= ? AND ${column} < ?)`;
}

/** Lengths are of characters on every engine. */
function suffix(column: string, end: string, isSqlite: boolean, params: SqlValue[]): string {
  const length = [...end].length;
  if (length === 0) return `(${column} IS NOT NULL OR NULL)`;
  params.push(length, end);
  return isSqlite ? `SUBSTR(${column}, -?) = ?` : `RIGHT(${column}, ?) = ?`;
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
