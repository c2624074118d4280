import type { FilterOperator } from '../../fields/field.js';

export type Literal = string | number | boolean | null;

export interface Predicate {
  readonly kind: 'predicate';
  readonly field: string;
  readonly operator: FilterOperator;
  /** One, except for `in`. */
  readonly values: readonly Literal[];
  /** Offset of the field's name in the filter, in characters (code points) from 0. */
  readonly position: number;
}

export type FilterNode =
  | Predicate
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly node: FilterNode };
