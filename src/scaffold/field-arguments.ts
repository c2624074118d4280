import type { FieldOptions } from '../fields/field.js';
import type { ItemOptions } from '../fields/types/documents.js';
import { FIELD_TYPES, type TypeName } from '../fields/types/types.js';
import { Refusal } from './refusal.js';

/** A field's type and what stands in its brackets: `decimal(12,2)`. */
export interface ReadType {
  readonly options: FieldOptions;
  /** The module whose rows it names. */
  readonly target?: string;
}

/** The spelling of each type. */
export const SPELLINGS: Readonly<Record<TypeName, string>> = {
  string: 'string(255)',
  text: 'text',
  enum: 'enum(red,green)',
  boolean: 'boolean',
  integer: 'integer(0,100)',
  bigint: 'bigint',
  decimal: 'decimal(12,2)',
  number: 'number',
  date: 'date',
  timestamp: 'timestamp',
  json: 'json',
  list: 'list(string)',
  reference: 'reference(customer)',
};

/** @throws Refusal for a type that there is not, or arguments that it does not take */
export function readType(text: string): ReadType {
  const [, type = '', given] = /^([^(]*)(?:\((.*)\))?$/s.exec(text) ?? [];
  if (!Object.hasOwn(FIELD_TYPES, type))
    throw new Refusal(`has no type '${type === '' ? text : type}': there are ${Object.values(SPELLINGS).join(', ')}`);
  const args = given === undefined ? [] : splitAtCommas(given);
  const read = READERS[type as TypeName](args);
  if (!read) throw new Refusal(`has arguments that ${type} does not take: write ${SPELLINGS[type as TypeName]}`);
  return { ...read, options: { type: type as TypeName, ...read.options } };
}

type Read = { readonly options: Omit<FieldOptions, 'type'>; readonly target?: string } | undefined;
type Reader = (args: readonly string[]) => Read;

const none: Reader = (args) => (args.length === 0 ? { options: {} } : undefined);

const length: Reader = ([most, ...more]) => {
  if (most === undefined) return { options: {} };
  return /^[1-9]\d*$/.test(most) && more.length === 0 ? { options: { maxLength: Number(most) } } : undefined;
};

/** `(0,100)`, `(0,)` and `(,100)`; beyond what a number holds exactly, limits are text. */
const range =
  (limitOf: (text: string) => number | string): Reader =>
  (args) => {
    if (args.length === 0) return { options: {} };
    const isRange = args.length === 2 && args.every((arg) => /^(-?\d+(\.\d+)?)?$/.test(arg));
    const [minimum = '', maximum = ''] = args;
    if (!isRange || (minimum === '' && maximum === '')) return undefined;
    return {
      options: {
        ...(minimum !== '' && { minimum: limitOf(minimum) }),
        ...(maximum !== '' && { maximum: limitOf(maximum) }),
      },
    };
  };

const READERS: Readonly<Record<TypeName, Reader>> = {
  string: length,
  text: length,
  enum: (words) => (words.length > 0 ? { options: { words } } : undefined),
  boolean: none,
  integer: range(Number),
  bigint: range(String),
  decimal: ([precision = '', scale = '0', ...more]) =>
    /^\d+$/.test(precision) && /^\d+$/.test(scale) && more.length === 0
      ? { options: { precision: Number(precision), scale: Number(scale) } }
      : undefined,
  number: range(Number),
  date: none,
  timestamp: none,
  json: none,
  list: ([item, ...more]) => {
    if (item === undefined || more.length > 0) return undefined;
    const { options, ...target } = readType(item);
    return { options: { items: options as ItemOptions }, ...target };
  },
  // The class is not there yet: who writes the declaration names it.
  reference: ([target = '', ...more]) =>
    target !== '' && more.length === 0 ? { options: { to: () => Object }, target } : undefined,
};

/** Splits at commas, but not at those in brackets of their own: `list(decimal(9,3))`. */
function splitAtCommas(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop()!}${character}`);
  }
  return parts.map((part) => part.trim());
}
