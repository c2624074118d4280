import { ValidateBy, ValidateIf } from 'class-validator';
import type { Field as FieldContract, FilterOperator } from './field.js';
import { compileRules, type FieldRules } from './field.rules.js';

export interface FieldOptions extends FieldRules {
  readonly nullable?: boolean;
  /** A scope without which the field does not exist for a caller; true (the default) for all who may read the module. */
  readonly readable?: true | string;
  /** False: only sent when `fields=` names it. */
  readonly shown?: boolean;
  /** True: every operator that its type has. Needs an index when `eq` or `in` is among them: CI checks. */
  readonly filterable?: true | readonly FilterOperator[];
  /** The column has a unique constraint, whose index then serves sorting as well. Not for nullable fields. */
  readonly unique?: boolean;
  /** Needs an index `(field, id)`, or a unique one on the field: CI checks. */
  readonly sortable?: boolean;
  readonly writable?: boolean | 'create';
  /** Taken when a create or replace request leaves the field out. */
  readonly default?: string | number | boolean | null;
  /** The columns that a derived field is made of. */
  readonly columns?: readonly string[];
  /** Shown in the reference; the rest of its words are the doc comment's. */
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
 * Declares a member of a module's DTO, and with it everything Plinth does with the member: what may be read, filtered,
 * sorted and written, how it is checked and how the reference shows it. A member without it does not exist in the API.
 */
export function Field(options: FieldOptions): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new TypeError(`@Field() "${name}": names in JSON are snake_case`);
    const rules = rulesOf(options);
    const field = declare(name, { ...options, ...rules });
    const own: FieldContract[] = Object.hasOwn(target.constructor, FIELDS)
      ? (target.constructor as unknown as Record<symbol, FieldContract[]>)[FIELDS]!
      : [];
    Object.defineProperty(target.constructor, FIELDS, { value: [...own, field], configurable: true });
    ValidateIf((_object, value) => value !== undefined || field.required)(target, key);
    if (field.nullable) ValidateIf((_object, value) => value !== null)(target, key);
    const violation = compileRules(rules);
    const validate = (value: unknown) => violation(value) === null;
    const defaultMessage = () => `must be a valid ${options.type}`;
    ValidateBy({ name: 'field', validator: { validate, defaultMessage } }, { context: { violation } })(target, key);
  };
}

/** An integer that can be written is one of 32 bits unless its range says otherwise: what its column holds by default. */
function rulesOf(options: FieldOptions): FieldRules {
  if (options.type !== 'integer' || (options.writable ?? false) === false) return options;
  return { minimum: -(2 ** 31), maximum: 2 ** 31 - 1, ...options };
}

function declare(name: string, options: FieldOptions): FieldContract {
  const text =
    options.filterable !== true && options.filterable?.some((op) => op === 'contains' || op === 'startswith');
  if (text && options.type !== 'string')
    throw new TypeError(`@Field() "${name}": only text contains or starts with something`);
  const { nullable = false, readable = true, shown = true, sortable = false, writable = false } = options;
  return {
    name,
    type: options.type,
    nullable,
    readable,
    shown,
    filterable: options.filterable === true ? OPERATORS[options.type] : (options.filterable ?? []),
    sortable,
    unique: (options.unique ?? false) && !nullable,
    writable,
    required: writable !== false && !nullable && options.default === undefined && name !== 'id',
    columns: options.columns ?? [name],
    default: options.default ?? null,
    rules: options,
    description: options.description ?? '',
    example: options.example,
  };
}

/** The declared fields of a DTO class, those of its base class first. */
export function declaredFields(dto: abstract new () => unknown): FieldContract[] {
  const chain: FieldContract[][] = [];
  for (let type: unknown = dto; typeof type === 'function'; type = Object.getPrototypeOf(type)) {
    if (Object.hasOwn(type, FIELDS)) chain.unshift((type as unknown as Record<symbol, FieldContract[]>)[FIELDS]!);
  }
  return chain.flat();
}
