import { declaredFields, fieldOf } from '../fields/field.decorator.js';
import type { FieldOptions } from '../fields/field.js';
import type { FieldType } from '../fields/types/field-type.js';
import { FIELD_TYPES } from '../fields/types/types.js';
import { CrudEntity } from '../rows/crud.entity.js';
import { readType, SPELLINGS } from './field-arguments.js';
import { Refusal } from './refusal.js';
import { reservedFor } from './reserved-words.js';

/** A field as it was asked for on the command line. */
export interface NewField {
  readonly name: string;
  /** `to` is a stand-in: `target` says whose rows are named. */
  readonly options: FieldOptions;
  readonly target?: string;
  /** It says whom the row is about. */
  readonly isSubject: boolean;
}

const OPTIONS = ['unique', 'filterable', 'sortable', 'readonly', 'personal', 'subject'] as const;
const KNOWN_AT_END = new RegExp(`(?::(?:${OPTIONS.join('|')}))*$`);
const KERNEL_FIELDS = new Set(declaredFields(CrudEntity).map(({ name }) => name));
/** The longest name of an index, on MySQL and MariaDB. */
const LONGEST_NAME = 64;
/** Rows of the largest table that the tests fill. */
const MANY = 20_000;

/**
 * Reads `name:type(arguments)`, then in any order `!` (must be given), `=value` (a default) and options such as
 * `:unique`. Without `!` and default a field may be null. @throws Refusal
 */
export function readField(spec: string, module: string): NewField {
  const [, given = '', typed = '', rest = ''] = /^([^:]*):([a-z]*(?:\(.*?\)+)?)(.*)$/s.exec(spec) ?? [];
  if (given === '') throw new Refusal(`'${spec}' is no field: write name:type, such as title:${SPELLINGS.string}`);
  try {
    const { options: type, target } = readType(typed);
    const name = type.type === 'reference' && !given.endsWith('_id') ? `${given}_id` : given;
    checkName(name, module);
    const { isRequired, value, flags } = readRest(rest);
    const isSubject = flags.has('subject');
    const isPersonal = flags.has('personal') || (isSubject && type.type !== 'reference');
    const options: FieldOptions = {
      ...type,
      ...(!isRequired && value === undefined && { nullable: true }),
      ...(value !== undefined && { default: valueOf(type, value) }),
      ...(flags.has('unique') && { unique: true }),
      ...(flags.has('filterable') && { filterable: true }),
      ...(flags.has('sortable') && { sortable: true }),
      ...(!flags.has('readonly') && { writable: true }),
      ...(isPersonal && { personal: true }),
    };
    const whole = erasable(name, options);
    // The declaration's own refusals.
    fieldOf(name, whole, module);
    checkSense(whole, isRequired);
    if (isSubject) checkSubject(whole);
    return { name, options: whole, isSubject, ...(target !== undefined && { target }) };
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`'${spec}' ${error.message}`);
    throw error instanceof TypeError ? new Refusal(error.message.replace(/\.$/, '')) : error;
  }
}

function checkName(name: string, module: string): void {
  if (KERNEL_FIELDS.has(name)) throw new Refusal('has the name of a field that every resource has');
  const language = reservedFor(name);
  if (language !== undefined)
    throw new Refusal(
      `has a word of ${language} as its name: take another one, such as ${module.replaceAll('-', '_')}_${name}`,
    );
  if (`ix_${module}_${name}`.length > LONGEST_NAME)
    throw new Refusal(`has too long a name for its index: at most ${LONGEST_NAME - `ix_${module}_`.length} characters`);
}

interface Rest {
  readonly isRequired: boolean;
  readonly value: string | undefined;
  readonly flags: ReadonlySet<string>;
}

/** A default may hold colons, as instants do: it ends before the options that it is followed by. */
function readRest(rest: string): Rest {
  const [before, ...after] = rest.split('=');
  const tail = after.join('=');
  const end = KNOWN_AT_END.exec(tail)!;
  const marks = `${before!}${end[0]}`;
  const unknown = marks.replaceAll(/!|:[a-z_]+/g, '');
  if (unknown !== '')
    throw new Refusal(`has '${unknown}' after its type, where !, =value or an option such as :unique may stand`);
  const flags = new Set([...marks.matchAll(/:([a-z_]+)/g)].map(([, flag]) => flag!));
  for (const flag of flags) {
    if (!OPTIONS.some((one) => one === flag))
      throw new Refusal(`has no option '${flag}': there are ${OPTIONS.join(', ')}`);
  }
  return {
    isRequired: before!.includes('!'),
    value: after.length > 0 ? tail.slice(0, end.index) : undefined,
    flags,
  };
}

/** A value that is no JSON where JSON is wanted stays text, which the declaration then refuses by its own rule. */
function valueOf({ type }: FieldOptions, text: string): unknown {
  if (!['boolean', 'integer', 'number', 'json', 'list'].includes(type)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (type === 'json') throw new Refusal(`has a default that is no JSON: ${text}`);
    return text;
  }
}

/** A personal value that can be neither null nor a pseudonym goes with its row. */
function erasable(name: string, options: FieldOptions): FieldOptions {
  if (!options.personal || options.nullable) return options;
  try {
    fieldOf(name, options);
    return options;
  } catch {
    return { ...options, erase: 'row' };
  }
}

function checkSubject({ type, unique, filterable, sortable, erase }: FieldOptions): void {
  if (type !== 'string' && type !== 'reference')
    throw new Refusal(`can't be the subject: a person is named by a string or a reference`);
  if (!unique && !filterable && !sortable)
    throw new Refusal("is the subject, by which a person's rows are found: add :filterable");
  if (erase === 'row') throw new Refusal('is too short for the pseudonym that stands for a person: 29 characters');
}

function checkSense(options: FieldOptions, isRequired: boolean): void {
  const { type, writable, unique, default: value } = options;
  if (isRequired && value !== undefined) throw new Refusal('is required and has a default: say one of the two');
  if (isRequired && !writable)
    throw new Refusal('must have a value that nobody may give: leave out the !, or give it a default');
  if (unique && valuesOf(options) < MANY)
    throw new Refusal(`can't be unique: the tests make more rows than there are values of it`);
  if (unique && value !== undefined) throw new Refusal("can't be unique: two rows would have its default");
  if (type === 'reference' && value !== undefined)
    throw new Refusal("can't have a default: nobody knows whether that row is there");
}

/** The number of different samples among the first. */
function valuesOf(options: FieldOptions): number {
  const { sample }: FieldType = FIELD_TYPES[options.type];
  return new Set(Array.from({ length: MANY }, (_, n) => sample(options, n, 'x'))).size;
}
