import type { FieldRules } from './field.rules.js';

/** What a field holds, as its JSON and its column both understand it. Timestamps are RFC 3339 strings in JSON. */
export type FieldType = 'string' | 'integer' | 'number' | 'boolean' | 'timestamp';

export type FilterOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'in' | 'contains' | 'startswith';

/** Works out a field that has no column of its own from the columns that it names. */
export interface Derivation {
  readonly from: readonly string[];
  readonly value: (row: never) => unknown;
}

/**
 * The contract of one field, declared once with `@Field()` on the resource's class. The column, validation, the query
 * compiler and OpenAPI are all derived from it. Deny by default: what is not declared cannot be filtered, sorted or written.
 */
export interface Field {
  /** The member's name in JSON and the column's name in SQL: snake_case, `^[a-z][a-z0-9_]*$`. */
  readonly name: string;
  readonly type: FieldType;
  readonly nullable: boolean;
  /** A scope that a caller needs to see the field at all; `true` for everybody who may read the module; `false`: nobody. */
  readonly readable: boolean | string;
  /** False for system fields: readable, but only sent when `fields=` names them. */
  readonly shown: boolean;
  readonly filterable: readonly FilterOperator[];
  readonly sortable: boolean;
  /** No two rows have the same value: a unique constraint says so. Never null. */
  readonly unique: boolean;
  /** `create`: may be given when the row is made (POST, a PUT that creates), never changed afterwards. */
  readonly writable: boolean | 'create';
  /** Present in every body that may have it; otherwise the default or null is taken. */
  readonly required: boolean;
  /** Columns that have to be read to answer the field; its own, unless it is derived. */
  readonly columns: readonly string[];
  /** Undefined for a field with a column of its own. */
  readonly derived?: Derivation['value'] | undefined;
  /** Taken when a create or replace request leaves the field out; null without one. */
  readonly default?: string | number | boolean | null;
  /** What a value has to be, beside its type. */
  readonly rules?: FieldRules;
  /** For the reference. */
  readonly description?: string;
  readonly example?: unknown;
}
