import type { EntityMetadata } from 'typeorm';
import type { Field, FilterOperator } from '../fields/field.js';
import { FieldSet } from '../fields/field-set.js';
import { ExactDecimal } from '../fields/types/exact-decimal.js';
import { FIELD_TYPES } from '../fields/types/types.js';
import { columnFields } from './column-fields.js';
import type { CrudEntity } from './crud.entity.js';
import { settle, type Condition } from '../query/condition.js';
import { matches } from '../query/condition.matches.js';
import type { FilterNode } from '../query/filter.ast.js';

/** A row rule that lets a caller have every row. */
export const EVERY_ROW = Symbol('every row');
/** A row rule that lets a caller have none. */
export const NO_ROW = Symbol('no row');

/** The rows that there are for a caller: all, none, or those of which a condition on their columns is true. */
export type RowRule = typeof EVERY_ROW | typeof NO_ROW | FilterNode;

type RuleValue = string | number | bigint | boolean;
const SCALARS: readonly string[] = ['string', 'number', 'bigint', 'boolean'];

/**
 * One condition of a row rule: `rowWhere('owner', 'eq', caller.id)`. A value that is not there (a claim that the token
 * does not have), or is no scalar, lets the caller have no row, rather than those in which the column is empty.
 */
export function rowWhere(column: string, operator: FilterOperator, ...values: unknown[]): RowRule {
  if (values.length === 0 || !values.every((value) => SCALARS.includes(typeof value))) return NO_ROW;
  const literals = (values as RuleValue[]).map((value) =>
    typeof value === 'number' || typeof value === 'bigint' ? ExactDecimal.ofNumber(value) : value,
  );
  return { kind: 'predicate', field: column, operator, values: literals, position: 0 };
}

/** A row has to satisfy all of them. */
export function everyRule(...rules: RowRule[]): RowRule {
  const nodes: FilterNode[] = [];
  for (const rule of rules) {
    if (rule === EVERY_ROW) continue;
    // Also what is no rule at all, where a type was talked away: a condition that is not there must not be one that holds.
    if (typeof rule !== 'object' || rule === null) return NO_ROW;
    nodes.push(rule);
  }
  return nodes.length === 0 ? EVERY_ROW : { kind: 'and', nodes };
}

/** A row has to satisfy one of them. @public */
export function anyRule(...rules: RowRule[]): RowRule {
  if (rules.includes(EVERY_ROW)) return EVERY_ROW;
  const nodes = rules.filter((rule): rule is FilterNode => typeof rule === 'object');
  return nodes.length === 0 ? NO_ROW : { kind: 'or', nodes };
}

/** A caller's rule, for rows in the table and as a test for rows in memory. */
export interface Visibility {
  /** Undefined: every row. */
  readonly condition: Condition | undefined;
  sees(row: CrudEntity): boolean;
}

const EVERYTHING: Visibility = { condition: undefined, sees: () => true };
const NOTHING: Visibility = { condition: { kind: 'or', nodes: [] }, sees: () => false };

/** Makes visibilities of rules, for the rows of one table. Rules may be about any column, also those that the API never shows. */
export class RowRules {
  private readonly columns: FieldSet;

  constructor(metadata: EntityMetadata) {
    this.columns = new FieldSet([...columnFields(metadata).values()].map(comparable));
  }

  /** @throws TypeError for a rule about what is no column, or of another type: nothing is shown rather than too much */
  visibility(rule: RowRule): Visibility {
    if (rule === EVERY_ROW) return EVERYTHING;
    if (rule === NO_ROW || typeof rule !== 'object' || rule === null) return NOTHING;
    try {
      const condition = settle(rule, this.columns);
      return { condition, sees: (row) => matches(condition, row as unknown as Record<string, unknown>) };
    } catch (error) {
      throw new TypeError('The row rule can not be applied', { cause: error });
    }
  }
}

function comparable(field: Field): Field {
  return { ...field, filterable: FIELD_TYPES[field.type].operators };
}
