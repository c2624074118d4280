import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { FieldOptions } from '../field.js';
import { NO_VIOLATION, wrong, type Check, type FieldType, type Violation } from './field-type.js';
import { string, text, words, reference } from './text.js';
import { bigint, decimal, integer, number } from './numbers.js';
import { date, timestamp } from './times.js';
import { boolean } from './boolean.js';

const MOST_BYTES = 65_536;
const MOST_ITEMS = 100;

const DOCUMENT: Pick<FieldType, 'operators' | 'isSortable' | 'column' | 'codec'> = {
  operators: [],
  isSortable: false,
  // Text: the JSON of MySQL would sort the members and forget how numbers were written.
  column: () => ({ type: 'mediumtext' }),
  codec: () => ({
    encode: (value: unknown) => JSON.stringify(value),
    decode: (value) => JSON.parse(value as string) as unknown,
  }),
};

/** Any JSON value that the declared JSON Schema (2020-12) allows; every one where none is declared. */
export const json: FieldType = {
  ...DOCUMENT,
  refuse: (options) => {
    if (options.unique) return "can't be unique";
    try {
      compileSchema(options.schema);
    } catch (error) {
      return `has a JSON Schema that can't be compiled: ${(error as Error).message}`;
    }
    return undefined;
  },
  check: ({ schema, maxBytes = MOST_BYTES }) => {
    const validate = compileSchema(schema);
    return (value) => {
      // Null is no value here: a field that may be empty is `nullable`.
      if (value === null) return wrong('wrong-type', 'must not be null');
      if (Buffer.byteLength(JSON.stringify(value)) > maxBytes)
        return wrong('too-long', `must have at most ${maxBytes} bytes`);
      return unicodeFault(value, '') ?? (validate(value) ? NO_VIOLATION : (validate.errors ?? []).map(violationOf));
    };
  },
  schema: ({ schema }) => schema ?? {},
  sample: ({ example }, n) => example ?? { sample: n },
};

const ITEMS = { string, text, enum: words, reference, boolean, integer, bigint, decimal, number, date, timestamp };
export type ItemTypeName = keyof typeof ITEMS;
export type ItemOptions = Pick<
  FieldOptions,
  'minLength' | 'maxLength' | 'pattern' | 'format' | 'words' | 'minimum' | 'maximum' | 'precision' | 'scale' | 'to'
> & { readonly type: ItemTypeName };

/** An array of values of one scalar type. */
export const list: FieldType = {
  ...DOCUMENT,
  refuse: ({ items, unique }) => {
    if (!items) return "needs the type of its items: { type: 'list', items: { type: 'string' } }";
    if (!Object.hasOwn(ITEMS, items.type)) return `can't be a list of ${items.type}`;
    if (unique) return "can't be unique itself; uniqueItems makes its items so";
    return ITEMS[items.type].refuse?.(items);
  },
  check: ({ items, maxItems = MOST_ITEMS, minItems = 0, uniqueItems = false }) => {
    const check = ITEMS[items!.type].check(items!);
    const normalise = normaliseItem(items!);
    return (value) => {
      if (!Array.isArray(value)) return wrong('wrong-type', 'must be an array');
      if (value.length > maxItems) return wrong('too-long', `must have at most ${maxItems} items`);
      if (value.length < minItems) return wrong('too-short', `must have at least ${minItems} items`);
      const faults = itemFaults(value, check);
      if (faults.length > 0 || !uniqueItems) return faults;
      const seen = value.map(normalise);
      return seen.flatMap((item, at) =>
        seen.indexOf(item) < at
          ? [{ code: 'not-unique', detail: 'must be different from the items before', at: `/${at}` }]
          : [],
      );
    };
  },
  normalise: ({ items }) => {
    const normalise = normaliseItem(items!);
    return (value: unknown[]) => value.map(normalise);
  },
  schema: ({ items, maxItems = MOST_ITEMS, minItems, uniqueItems }) => ({
    type: 'array',
    items: ITEMS[items!.type].schema(items!),
    ...(minItems !== undefined && { minItems }),
    maxItems,
    ...(uniqueItems && { uniqueItems }),
  }),
  sample: ({ items, minItems = 1 }, n, name) =>
    Array.from({ length: Math.max(1, minItems) }, (_, at) => ITEMS[items!.type].sample(items!, n + at, name)),
};

function normaliseItem(items: ItemOptions): (value: unknown) => unknown {
  const normalise = ITEMS[items.type].normalise?.(items);
  return (value) => (normalise ? normalise(value as never) : value);
}

function itemFaults(items: readonly unknown[], check: Check): readonly Violation[] {
  const faults: Violation[] = [];
  items.forEach((item, at) => {
    for (const fault of check(item)) faults.push({ ...fault, at: `/${at}${fault.at ?? ''}` });
  });
  return faults;
}

let ajv: Ajv2020 | undefined;

function compileSchema(schema: FieldOptions['schema'] = {}) {
  ajv ??= ajvFormats.default(new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }));
  return ajv.compile(schema);
}

function violationOf({ instancePath, message = 'is not valid', params, keyword }: ErrorObject): Violation {
  const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
  const name = missingProperty ?? additionalProperty;
  const detail = additionalProperty === undefined ? message : `must not have the member "${additionalProperty}"`;
  return {
    code: keyword === 'required' ? 'required' : keyword === 'additionalProperties' ? 'unknown-member' : 'not-allowed',
    detail,
    at: name === undefined ? instancePath : `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  };
}

/** Texts and names in it that no column could hold as they are. */
function unicodeFault(value: unknown, at: string): readonly Violation[] | undefined {
  if (typeof value === 'string')
    return value.isWellFormed()
      ? undefined
      : [{ code: 'malformed-unicode', detail: 'must be well-formed Unicode', at }];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const pointer = `${at}/${name.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const fault = unicodeFault(name, pointer) ?? unicodeFault(member, pointer);
    if (fault) return fault;
  }
  return undefined;
}
