import type { Field, FilterOperator } from '../fields/field.js';
import type { FieldSet } from '../fields/field-set.js';
import type { Bound, FieldValue, Literal } from '../fields/types/field-type.js';
import { patternOf, variantsIn } from './case-folding.js';
import type { FilterNode, Predicate } from './filter.ast.js';
import { invalidFilter } from './filter.tokens.js';

export type Comparison = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
/** The most letters of a text that ignores case: in SQL each is a function around the others. */
const MOST_LETTERS = 64;

export type TextOperator = 'contains' | 'startswith' | 'endswith';

/**
 * A filter that was checked, about values that columns can hold. Logic is SQL's, of three values: a NULL matches `eq null`
 * and nothing else, whether a `not` stands before the predicate or not.
 */
export type Condition =
  | { readonly kind: 'compare'; readonly field: Field; readonly operator: Comparison; readonly value: FieldValue }
  | { readonly kind: 'in'; readonly field: Field; readonly values: readonly FieldValue[] }
  | { readonly kind: 'text'; readonly field: Field; readonly operator: TextOperator; readonly text: string }
  /** Without regard to case: one of `texts`, or what the operator asks of the only one. */
  | {
      readonly kind: 'folded';
      readonly field: Field;
      readonly operator: 'in' | TextOperator;
      readonly texts: readonly string[];
      readonly pattern: RegExp;
    }
  | { readonly kind: 'null'; readonly field: Field; readonly isNull: boolean }
  /** The same for every value of the field, and unknown of NULL. */
  | { readonly kind: 'any'; readonly field: Field; readonly isTrue: boolean }
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly Condition[] }
  | { readonly kind: 'not'; readonly node: Condition };

/** @throws DomainError `invalid-filter` for a field or operator that the caller does not have, or a value of another type */
export function settle(node: FilterNode, fields: FieldSet): Condition {
  switch (node.kind) {
    case 'predicate':
      return settlePredicate(node, fields);
    case 'not':
      return { kind: 'not', node: settle(node.node, fields) };
    default:
      return { kind: node.kind, nodes: node.nodes.map((child) => settle(child, fields)) };
  }
}

/** Spells a condition: two that are spelled alike have the same rows. */
export function spell(condition: Condition): string {
  return JSON.stringify(condition, (key, value: unknown) => (key === 'field' ? (value as Field).name : value));
}

function settlePredicate(
  { field: name, ignoresCase, operator, values, position }: Predicate,
  fields: FieldSet,
): Condition {
  const field = fields.find(name);
  if (!field || field.filterable.length === 0)
    throw invalidFilter(`There is no field "${shorten(name)}" to filter by.`, position);
  if (!field.filterable.includes(operator) || (ignoresCase && !field.filterable.includes('casei')))
    throw invalidFilter(`"${field.name}" can be filtered by ${field.filterable.join(', ')}.`, position);
  const [first] = values;
  if (first === null && operator !== 'in') return nullCondition(field, operator, position);
  const bounds = values.map((value) => boundOf(field, value, position));
  if (ignoresCase)
    return folded(
      field,
      operator,
      bounds.map(({ value }) => value as string),
      position,
    );
  switch (operator) {
    case 'in':
      return among(field, bounds);
    case 'contains':
    case 'startswith':
    case 'endswith':
      return { kind: 'text', field, operator, text: bounds[0]!.value as string };
    default:
      return comparison(field, operator, bounds[0]!);
  }
}

function nullCondition(field: Field, operator: FilterOperator, position: number): Condition {
  if (operator !== 'eq' && operator !== 'ne') throw invalidFilter('null can be compared with eq and ne.', position);
  return { kind: 'null', field, isNull: operator === 'eq' };
}

function boundOf(field: Field, value: Literal | null, position: number): Bound {
  const bound = value === null ? 'can only be null with eq and ne' : field.bound!(value);
  if (typeof bound === 'string') throw invalidFilter(`A value for "${field.name}" ${bound}.`, position);
  return bound;
}

function folded(field: Field, operator: FilterOperator, texts: readonly string[], position: number): Condition {
  if (variantsIn(texts).length > MOST_LETTERS)
    throw invalidFilter(`Without regard to case a text may have ${MOST_LETTERS} different letters.`, position);
  const how = (place: 'in' | TextOperator): Condition => {
    return { kind: 'folded', field, operator: place, texts, pattern: patternOf(texts, place) };
  };
  switch (operator) {
    case 'eq':
    case 'in':
      return how('in');
    case 'ne':
      return { kind: 'not', node: how('in') };
    case 'contains':
    case 'startswith':
    case 'endswith':
      return how(operator);
    default:
      throw invalidFilter(`casei(${field.name}) has no order: it has eq, ne, in and the functions.`, position);
  }
}

function among(field: Field, bounds: readonly Bound[]): Condition {
  const values = [...new Set(bounds.flatMap(({ value, isExact }) => (isExact ? [value!] : [])))];
  return values.length === 0 ? { kind: 'any', field, isTrue: false } : { kind: 'in', field, values };
}

/** A literal that no column holds lies between two neighbours: above `value`, below the next one. */
function comparison(field: Field, operator: Comparison, { value, isExact }: Bound): Condition {
  if (isExact) return { kind: 'compare', field, operator, value: value! };
  if (operator === 'eq' || operator === 'ne') return { kind: 'any', field, isTrue: operator === 'ne' };
  const isAbove = operator === 'gt' || operator === 'ge';
  if (value === null) return { kind: 'any', field, isTrue: isAbove };
  return { kind: 'compare', field, operator: isAbove ? 'gt' : 'le', value };
}

function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}
