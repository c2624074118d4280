import type { ColumnOptions } from 'typeorm';
import type { FieldOptions, FilterAbility } from '../field.js';
import type { ExactDecimal } from './exact-decimal.js';

/** One fault of a value. */
export interface Violation {
  readonly code: string;
  /** Goes on after the member's name: `must be a string`. */
  readonly detail: string;
  /** JSON pointer from the value to the part that is wrong: `/3`. */
  readonly at?: string;
}

/** Finds all faults of a value; none when it is good. */
export type Check = (value: unknown) => readonly Violation[];
export const NO_VIOLATION: readonly Violation[] = [];

/** A value that a filter compares with, as it was written. */
export type Literal = string | boolean | ExactDecimal;

/**
 * The place of a literal among the values that a column can hold, for comparing is not storing: a filter may name any number
 * or instant. `value` is the largest storable one that is not above the literal; `isExact` says that it is the literal. Null:
 * all that can be stored is above it.
 */
export interface Bound {
  readonly value: FieldValue | null;
  readonly isExact: boolean;
}

/** A value as rows in memory and JSON have it, of a type that can be compared. */
export type FieldValue = string | number | boolean;
export type ColumnValue = string | number | bigint | Buffer | boolean | null;

/** Translates a type's values for one engine, where they differ from those of JSON. */
export interface ColumnCodec {
  readonly encode?: (value: never) => ColumnValue;
  readonly decode?: (value: ColumnValue) => unknown;
  /** Reads the column, where the driver would not give all of it. */
  readonly select?: (column: string) => string;
  /** A parameter to compare with; `?` where nothing is said. An engine compares texts and numbers as doubles. */
  readonly place?: string;
}

/** Everything that one type means. Options are those of a declaration that `refuse` let pass. */
export interface FieldType {
  readonly operators: readonly FilterAbility[];
  readonly isSortable: boolean;
  /** Says what is wrong with a declaration, and what to write in its place; undefined for a good one. */
  readonly refuse?: (options: FieldOptions) => string | undefined;
  /** As TypeORM knows the column, on MySQL and MariaDB. */
  readonly column: (options: FieldOptions) => ColumnOptions;
  /**
   * The differences on SQLite, which takes any name for a type: as few as possible, so that its schema tells as much as that
   * of a server. A number's type has to be one of numbers there.
   */
  readonly sqliteColumn?: (options: FieldOptions) => ColumnOptions;
  readonly check: (options: FieldOptions) => Check;
  /** The one spelling of a checked value, so that another one is no change. */
  readonly normalise?: (options: FieldOptions) => (value: never) => unknown;
  /** A string says what is wrong with the literal. */
  readonly bound?: (options: FieldOptions) => (literal: Literal) => Bound | string;
  /** As the databases order the column. */
  readonly order?: (a: never, b: never) => number;
  readonly codec?: (options: FieldOptions, isSqlite: boolean) => ColumnCodec;
  /** As JSON Schema has it, null aside. */
  readonly schema: (options: FieldOptions) => Readonly<Record<string, unknown>>;
  /** The `n`th good value, different from the others where the type has so many: for suites and examples. */
  readonly sample: (options: FieldOptions, n: number, name: string) => unknown;
}

export const COMPARISONS: readonly FilterAbility[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'];

export function wrong(code: string, detail: string): readonly Violation[] {
  return [{ code, detail }];
}
