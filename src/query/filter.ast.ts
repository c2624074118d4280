import type { FilterOperator } from '../fields/field.js';
import type { Literal } from '../fields/types/field-type.js';

export interface Predicate {
  readonly kind: 'predicate';
  readonly field: string;
  readonly operator: FilterOperator;
  /** Whether the field stands in `casei(…)`: its text is compared without regard to case. */
  readonly ignoresCase?: boolean;
  /** One value, except for `in`. */
  readonly values: readonly (Literal | null)[];
  /** Offset of the field's name in the filter, in characters (code points) from 0. */
  readonly position: number;
}

/** A filter as it was written. `settle` checks it against a resource's fields. */
export type FilterNode =
  | Predicate
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly node: FilterNode };
