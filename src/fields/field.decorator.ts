import { columnOf } from './field.column.js';
import type { Erasure, Field as FieldContract, FieldOptions } from './field.js';
import { pseudonymLength } from './pseudonym.js';
import type { FieldType } from './types/field-type.js';
import { FIELD_TYPES } from './types/types.js';

const FIELDS = Symbol('plinth:fields');
const NAME = /^[a-z][a-z0-9_]*$/;
const NO_CODEC = {};

/**
 * Declares a member of a resource's class, and with it everything that Plinth does with the member: its column and index,
 * what may be read, filtered, sorted and written, how it is checked and how the reference shows it. A member without it
 * does not exist in the API. Also for the members of the body of a verb.
 * @throws TypeError for a declaration that can't work, naming the field and what to write in its place
 */
export function Field(options: FieldOptions): PropertyDecorator {
  return (target, key) => {
    const field = fieldOf(String(key), options, target.constructor.name);
    const own: FieldContract[] = Object.hasOwn(target.constructor, FIELDS)
      ? (target.constructor as unknown as Record<symbol, FieldContract[]>)[FIELDS]!
      : [];
    Object.defineProperty(target.constructor, FIELDS, { value: [...own, field], configurable: true });
    for (const decorate of columnOf(field)) decorate(target, key);
  };
}

/** The contract that a declaration makes. @throws TypeError as `Field` does */
export function fieldOf(name: string, options: FieldOptions, owner = 'Field'): FieldContract {
  if (!Object.hasOwn(FIELD_TYPES, options.type))
    throw new TypeError(
      `${owner}.${name} has no type "${options.type}"; there are ${Object.keys(FIELD_TYPES).join(', ')}.`,
    );
  const type: FieldType = FIELD_TYPES[options.type];
  const refusal = refuse(name, options, type);
  if (refusal !== undefined) throw new TypeError(`${owner}.${name} ${refusal}.`);
  const { nullable = false, readable = true, shown = true, sortable = false, writable = false, derived } = options;
  const check = type.check(options);
  const normalise = type.normalise?.(options) as FieldContract['normalise'];
  const value = options.default ?? null;
  return {
    name,
    type: options.type,
    options,
    nullable,
    readable,
    shown: shown && readable !== false,
    filterable: filterableOf(options, type),
    sortable,
    unique: (options.unique ?? false) && !nullable,
    writable,
    personal: options.personal ?? false,
    erase: erasureOf(options),
    required: !nullable && options.default === undefined && !derived && name !== 'id',
    columns: derived?.from ?? [name],
    default: value === null || !normalise ? value : normalise(value),
    check,
    normalise,
    bound: type.bound?.(options),
    order: (type.order ?? (() => 0)) as FieldContract['order'],
    codec: (isSqlite) => type.codec?.(options, isSqlite) ?? NO_CODEC,
  };
}

function erasureOf({ personal, erase, nullable, derived }: FieldOptions): Erasure | undefined {
  return personal && !derived ? (erase ?? (nullable ? 'null' : 'pseudonym')) : undefined;
}

function filterableOf({ filterable = [] }: FieldOptions, type: FieldType): FieldContract['filterable'] {
  return filterable === true ? type.operators : filterable;
}

function refuse(name: string, options: FieldOptions, type: FieldType): string | undefined {
  const { type: kind, derived, readable, writable = false, sortable, unique, nullable } = options;
  if (!NAME.test(name)) return 'is no name for JSON and SQL: names are snake_case';
  const filterable = filterableOf(options, type);
  const isAsked = sortable === true || filterable.length > 0 || options.filterable === true;
  if (derived)
    return writable !== false || isAsked || unique
      ? 'is derived: it has no column to be written, sorted or filtered by'
      : undefined;
  if (readable === false && writable === false) return 'is neither read nor written: use a plain @Column()';
  if (readable === false && isAsked)
    return "is never read, so it can't be sorted or filtered by: either would tell its value";
  if (sortable && !type.isSortable) return `can't be sorted by: a ${kind} has no order`;
  if (options.filterable === true && type.operators.length === 0)
    return `can't be filtered by: there is nothing to compare a ${kind} with`;
  const unknown = filterable.find((operator) => !type.operators.includes(operator));
  if (unknown !== undefined)
    return `can't be filtered by ${unknown}: a ${kind} has ${type.operators.join(', ') || 'no operators'}`;
  if (filterable.length === 1 && filterable[0] === 'casei')
    return "can't be filtered by casei alone: name the operators too";
  const own = refuseErasure(options) ?? type.refuse?.(options);
  if (own !== undefined) return own;
  if (options.default === undefined) return undefined;
  if (options.default === null) return nullable ? undefined : 'has null as default: make it nullable';
  const [fault] = type.check(options)(options.default);
  return fault && `has a default that its own rules refuse: it ${fault.detail}`;
}

function refuseErasure(options: FieldOptions): string | undefined {
  const { type, personal, erase, nullable, pattern, minLength = 0 } = options;
  if (!personal) return erase ? `is erased by ${erase}, but not personal: add personal: true` : undefined;
  if (erase === 'null' && !nullable) return "can't be erased by null: make it nullable, or write erase: 'row'";
  const isFree = (type === 'string' || type === 'text') && !pattern;
  if (erasureOf(options) === 'pseudonym' && !isFree)
    return `can't be erased by a pseudonym, which is for texts without a pattern: ${nullable ? "write erase: 'null'" : 'make it nullable'}, or write erase: 'row'`;
  const length = pseudonymLength(options);
  const { maxLength = length } = options;
  if (erasureOf(options) === 'pseudonym' && (maxLength < length || minLength > length))
    return `can't be erased by a pseudonym, which has ${length} characters: make it nullable, or write erase: 'row'`;
  return undefined;
}

/** The declared fields of a class, those of its base class first. */
export function declaredFields(type: abstract new () => unknown): FieldContract[] {
  const chain: FieldContract[][] = [];
  for (let one: unknown = type; typeof one === 'function'; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, FIELDS)) chain.unshift((one as unknown as Record<symbol, FieldContract[]>)[FIELDS]!);
  }
  return chain.flat();
}
