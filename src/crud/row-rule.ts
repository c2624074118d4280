import type { EntityMetadata } from 'typeorm';
import type { CrudEntity } from './crud.entity.js';
import type { Field, FieldType, FilterOperator } from '../fields/field.js';
import { FieldSet } from '../fields/field-set.js';
import type { FilterNode, Literal } from './query/filter.ast.js';
import { compileFilter, type SqlFragment } from './query/filter.compiler.js';
import { canonical, matches } from './query/filter.evaluator.js';

/** A row rule that lets a caller have every row. */
export const EVERY_ROW = Symbol('every row');
/** A row rule that lets a caller have none. */
export const NO_ROW = Symbol('no row');

/** Which rows there are for a caller: all, none, or those of which a condition on their columns is true. */
export type RowRule = typeof EVERY_ROW | typeof NO_ROW | FilterNode;

/**
 * One condition of a row rule: `rowWhere('owner', 'eq', caller.id)`. A value that is not there (a claim that the token
 * does not have) lets the caller have no row, rather than those in which the column is empty.
 */
export function rowWhere(column: string, operator: FilterOperator, ...values: (Literal | undefined)[]): RowRule {
  if (values.length === 0 || values.some((value) => value === undefined || value === null)) return NO_ROW;
  return { kind: 'predicate', field: column, operator, values: values as Literal[], position: 0 };
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

/** A caller's rule, as SQL for rows in the table and as a test for rows in memory. */
export interface Sight {
  /** Undefined: every row. */
  readonly sql: SqlFragment | undefined;
  /** Undefined: every row. */
  readonly filter: FilterNode | undefined;
  sees(row: CrudEntity): boolean;
}

const EVERYTHING: Sight = { sql: undefined, filter: undefined, sees: () => true };
const NOTHING: Sight = { sql: { sql: '1 = 0', params: [] }, filter: { kind: 'or', nodes: [] }, sees: () => false };

const TYPES: Readonly<Record<string, FieldType>> = {
  varchar: 'string',
  mediumtext: 'string',
  int: 'integer',
  integer: 'integer',
  bigint: 'integer',
  double: 'number',
  boolean: 'boolean',
  tinyint: 'boolean',
  timestamp: 'timestamp',
  datetime: 'timestamp',
};
const OPERATORS: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in', 'contains', 'startswith'];

/** Makes sights of rules, for the rows of one table. Rules may be about any column, also those that the API never shows. */
export class RowRules {
  private readonly columns: FieldSet;

  constructor({ columns, dataSource }: EntityMetadata) {
    this.columns = new FieldSet(
      columns.flatMap((column) => {
        const type = TYPES[dataSource.driver.normalizeType(column)];
        return type ? [columnField(column.databaseName, type)] : [];
      }),
    );
  }

  /** @throws TypeError for a rule about what is no column, or of another type: nothing is shown rather than too much */
  sight(rule: RowRule): Sight {
    if (rule === EVERY_ROW) return EVERYTHING;
    if (rule === NO_ROW || typeof rule !== 'object' || rule === null) return NOTHING;
    try {
      const sql = compileFilter(rule, this.columns);
      const filter = canonical(rule, this.columns);
      return { sql, filter, sees: (row) => matches(filter, row as unknown as Record<string, unknown>) };
    } catch (error) {
      throw new TypeError('The row rule can not be applied', { cause: error });
    }
  }
}

function columnField(name: string, type: FieldType): Field {
  const can = { readable: true, shown: true, writable: false, filterable: OPERATORS, sortable: false } as const;
  return { name, type, nullable: true, unique: false, required: false, columns: [name], ...can };
}
