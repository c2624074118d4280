import type { ColumnOptions } from 'typeorm';
import { columnOf } from './field.column.js';
import type { Derivation, Field as FieldContract, FilterOperator } from './field.js';
import type { FieldRules } from './field.rules.js';

export interface FieldOptions extends FieldRules {
  readonly nullable?: boolean;
  /**
   * A scope without which the field does not exist for a caller; true (the default) for all who may read the module.
   * False: write-only. It is stored and never sent, and a PUT that leaves it out keeps it.
   */
  readonly readable?: boolean | string;
  /** False: only sent when `fields=` names it. */
  readonly shown?: boolean;
  /** True: every operator that its type has. With `eq` or `in` among them it has an index. */
  readonly filterable?: true | readonly FilterOperator[];
  /** The column has a unique constraint, `uq_{table}_{field}`, whose index then serves sorting as well. */
  readonly unique?: boolean;
  /** It has an index, `ix_{table}_{field}`. */
  readonly sortable?: boolean;
  readonly writable?: boolean | 'create';
  /** Taken when a create or replace request leaves the field out, and for rows that are there when the column is added. */
  readonly default?: string | number | boolean | null;
  /** Computed from other columns; it has none itself, and is neither written, sorted nor filtered. */
  readonly derived?: Derivation;
  /** What TypeORM is told of the column beside what follows from the rest. */
  readonly column?: ColumnOptions;
  /** Shown in the reference. */
  readonly description?: string;
  readonly example?: unknown;
}

const COMPARISONS: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'];
const OPERATORS: Record<FieldOptions['type'], readonly FilterOperator[]> = {
  string: [...COMPARISONS, 'contains', 'startswith'],
  integer: COMPARISONS,
  number: COMPARISONS,
  timestamp: COMPARISONS,
  boolean: ['eq', 'ne', 'in'],
};
const FIELDS = Symbol('plinth:fields');

/**
 * Declares a member of a resource's class, and with it everything that Plinth does with the member: its column and index,
 * what may be read, filtered, sorted and written, how it is checked and how the reference shows it. A member without it
 * does not exist in the API. Also for the members of the body of a verb.
 * @throws TypeError for a declaration that can't work, naming the field
 */
export function Field(options: FieldOptions): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new TypeError(`@Field() "${name}": names in JSON are snake_case`);
    const field = declare(name, options);
    const own: FieldContract[] = Object.hasOwn(target.constructor, FIELDS)
      ? (target.constructor as unknown as Record<symbol, FieldContract[]>)[FIELDS]!
      : [];
    Object.defineProperty(target.constructor, FIELDS, { value: [...own, field], configurable: true });
    for (const decorate of columnOf(field, options)) decorate(target, key);
  };
}

function declare(name: string, options: FieldOptions): FieldContract {
  const refuse = (why: string): never => {
    throw new TypeError(`@Field() "${name}": ${why}`);
  };
  const { nullable = false, readable = true, shown = true, sortable = false, writable = false, derived } = options;
  const filterable = options.filterable === true ? OPERATORS[options.type] : (options.filterable ?? []);
  for (const operator of filterable)
    if (!OPERATORS[options.type].includes(operator)) refuse(`a ${options.type} can't be filtered by ${operator}`);
  if (derived && (writable !== false || sortable || options.unique || filterable.length > 0))
    refuse('a derived field has no column to be written, sorted or filtered by');
  if (readable === false && (sortable || filterable.length > 0))
    refuse('a field that nobody reads can be neither sorted nor filtered by: either would tell what is in it');
  if (readable === false && writable === false) refuse('a field that is neither read nor written is a plain @Column()');
  return {
    name,
    type: options.type,
    nullable,
    readable,
    shown: shown && readable !== false,
    filterable,
    sortable,
    unique: (options.unique ?? false) && !nullable,
    writable,
    required: !nullable && options.default === undefined && !derived && name !== 'id',
    columns: derived?.from ?? [name],
    derived: derived?.value,
    default: options.default ?? null,
    rules: options,
    description: options.description ?? '',
    example: options.example,
  };
}

/** The declared fields of a class, those of its base class first. */
export function declaredFields(type: abstract new () => unknown): FieldContract[] {
  const chain: FieldContract[][] = [];
  for (let one: unknown = type; typeof one === 'function'; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, FIELDS)) chain.unshift((one as unknown as Record<symbol, FieldContract[]>)[FIELDS]!);
  }
  return chain.flat();
}
