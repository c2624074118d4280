import type { ColumnOptions } from 'typeorm';
import type { Check, ColumnCodec, FieldType } from './types/field-type.js';
import type { ItemOptions } from './types/documents.js';
import type { TextFormat } from './types/text.js';
import type { TypeName } from './types/types.js';

export type FilterOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'in' | 'contains' | 'startswith' | 'endswith';
/** An operator by which a filter may compare a field; `casei`: those for text also without regard to case, `casei(field)`. */
export type FilterAbility = FilterOperator | 'casei';

/**
 * How a personal value is erased: by null; by another value of its kind, the same for all values of the subject; or with
 * the whole row.
 */
export type Erasure = 'null' | 'pseudonym' | 'row';

/** Works out a field that has no column of its own from the columns that it names. */
export interface Derivation {
  readonly from: readonly string[];
  readonly value: (row: never) => unknown;
}

/** The options of `@Field()`. */
export interface FieldOptions {
  readonly type: TypeName;
  readonly nullable?: boolean;
  /**
   * A scope without which the field does not exist for a caller; true (the default) for all who may read the module.
   * False: write-only. It is stored and never sent, and a PUT that leaves it out keeps it.
   */
  readonly readable?: boolean | string;
  /** False: only sent when `fields=` names it. */
  readonly shown?: boolean;
  /** True: all that its type has. With `eq` or `in` among them it has an index. */
  readonly filterable?: true | readonly FilterAbility[];
  /** The column has a unique constraint, `uq_{table}_{field}`, whose index then serves sorting as well. */
  readonly unique?: boolean;
  /** Sorts by an index, `ix_{table}_{field}`. */
  readonly sortable?: boolean;
  /** `create`: may be given when the row is made, never changed afterwards. */
  readonly writable?: boolean | 'create';
  /** Taken when a create or replace request leaves the field out, and for rows that are there when the column is added. */
  readonly default?: unknown;
  /** Computed from other columns; it has none itself, and is neither written, sorted nor filtered. */
  readonly derived?: Derivation;
  /**
   * The value tells something about a person, the resource's `@Subject()`. It is kept out of logs, metrics, traces, problems
   * and addresses, given out with an export of the subject's data, and erased with the subject.
   */
  readonly personal?: boolean;
  /** By default `null` where the field may be null, and `pseudonym` otherwise, which is for texts without a pattern. */
  readonly erase?: Erasure;
  /** Options for TypeORM beside those that follow from the rest. */
  readonly column?: ColumnOptions;
  /** Shown in the reference. */
  readonly description?: string;
  readonly example?: unknown;

  /** The most code points: 255 by default for `string`, 1,048,576 for `text`. */
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: RegExp;
  readonly format?: TextFormat;
  /** The values of an `enum`. */
  readonly words?: readonly string[];
  /** Limits of numbers; as text for `bigint` and `decimal`, where a number can't hold the digits. */
  readonly minimum?: number | string;
  readonly maximum?: number | string;
  /** Digits of a `decimal` in all (1 to 18), and after the point. */
  readonly precision?: number;
  readonly scale?: number;
  /** The JSON Schema (2020-12) of a `json` field. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Size limit of a `json` value in UTF-8; 65,536 by default. */
  readonly maxBytes?: number;
  /** The type of each item of a `list`. */
  readonly items?: ItemOptions;
  /** Items of a `list` at most; 100 by default. */
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  /** The resource that a `reference` names a row of. */
  readonly to?: () => abstract new () => object;
}

/**
 * The contract of one field, compiled from its declaration. Bodies, the query compiler, the row codec and OpenAPI are all
 * derived from it. Deny by default: what is not declared cannot be filtered, sorted or written.
 */
export interface Field {
  /** The member's name in JSON and the column's name in SQL: snake_case, `^[a-z][a-z0-9_]*$`. */
  readonly name: string;
  readonly type: TypeName;
  readonly options: FieldOptions;
  readonly nullable: boolean;
  /** A scope that a caller needs to see the field at all; `true` for everybody who may read the module; `false`: nobody. */
  readonly readable: boolean | string;
  /** False for system fields: readable, but only sent when `fields=` names them. */
  readonly shown: boolean;
  readonly filterable: readonly FilterAbility[];
  readonly sortable: boolean;
  /** No two rows have the same value: a unique constraint says so. Never null. */
  readonly unique: boolean;
  readonly writable: boolean | 'create';
  /** How a personal value is erased; undefined where the field is not personal. A derived one follows its columns. */
  readonly erase: Erasure | undefined;
  readonly personal: boolean;
  /** Present in every body that may have it; otherwise the default or null is taken. */
  readonly required: boolean;
  /** Columns that have to be read to answer the field; its own, unless it is derived. */
  readonly columns: readonly string[];
  /** Taken when a create or replace request leaves the field out; null without one. */
  readonly default: unknown;
  readonly check: Check;
  /** Undefined where each value has one spelling. */
  readonly normalise: ((value: unknown) => unknown) | undefined;
  /** Undefined for types that are not compared. */
  readonly bound: ReturnType<NonNullable<FieldType['bound']>> | undefined;
  readonly order: (a: unknown, b: unknown) => number;
  codec(isSqlite: boolean): ColumnCodec;
}
