import type { Type } from '@nestjs/common';
import type { ProblemItem } from '../problems/domain-error.js';
import { declaredFields } from './field.decorator.js';
import type { Field } from './field.js';
import type { TypeName } from './types/types.js';

type Query = Readonly<Record<string, unknown>>;

const NUMBERS: readonly TypeName[] = ['integer', 'number'];
const NUMBER = /^-?\d+(\.\d+)?$/;
const DOCUMENT: readonly TypeName[] = ['json'];

/** Query parameters that a class declares by `@Field()`: read from their text, and checked. */
export class OwnParameters {
  private static readonly known = new WeakMap<object, OwnParameters>();
  readonly fields: readonly Field[];

  private constructor(readonly type: Type<object>) {
    this.fields = declaredFields(type);
    if (this.fields.length === 0)
      throw new TypeError(`@Parameters() needs a class whose members have @Field(): ${type.name} has none.`);
    const document = this.fields.find((field) => DOCUMENT.includes(field.type));
    if (document)
      throw new TypeError(`${type.name}.${document.name} can't be a parameter: a ${document.type} has no text.`);
    const personal = this.fields.find((field) => field.personal);
    if (personal)
      throw new TypeError(
        `${type.name}.${personal.name} can't be a parameter: it is personal, and parameters stand in URLs. Take it in a body.`,
      );
  }

  /** @throws TypeError for a class that can't be read from a query */
  static of(type: Type<object> | undefined, where: string): OwnParameters {
    if (!type || type === Object) throw new TypeError(`${where} has @Parameters() of no class at run time.`);
    let known = this.known.get(type);
    if (!known) this.known.set(type, (known = new OwnParameters(type)));
    return known;
  }

  has(name: string): boolean {
    return this.fields.some((field) => field.name === name);
  }

  /** The values that the query gives them; others are passed over. @param errors gets all that is wrong */
  read(query: Query, errors: ProblemItem[]): object {
    const values: Record<string, unknown> = {};
    for (const field of this.fields) {
      const { name, required, normalise } = field;
      const given = Object.hasOwn(query, name) ? query[name] : undefined;
      if (given === undefined) {
        if (required) errors.push({ code: 'required', detail: `"${name}" is required.`, parameter: name });
        values[name] = field.default ?? (field.nullable ? null : undefined);
        continue;
      }
      const value = valueOf(field, given);
      const faults = value === undefined ? [{ code: 'repeated', detail: 'must be given once' }] : field.check(value);
      for (const { code, detail } of faults) errors.push({ code, detail: `"${name}" ${detail}.`, parameter: name });
      if (faults.length === 0) values[name] = normalise ? normalise(value) : value;
    }
    return Object.assign(Object.create(this.type.prototype as object) as object, values);
  }
}

/** As JSON would have it; undefined for one that is given twice, and is no list. */
function valueOf({ type, options: { items } }: Field, given: unknown): unknown {
  if (type === 'list') {
    const words = (Array.isArray(given) ? given.join() : String(given)).split(',');
    return words.map((word) => scalar(items!.type, word));
  }
  return typeof given === 'string' ? scalar(type, given) : undefined;
}

function scalar(type: TypeName, text: string): unknown {
  if (NUMBERS.includes(type)) return NUMBER.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text);
  return text;
}
