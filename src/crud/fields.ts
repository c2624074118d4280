import type { Field } from './field.js';
import { declaredFields } from './field.decorator.js';
import { FieldSet } from './query/field-set.js';

const sets = new WeakMap<object, FieldSet>();

/** The field contract of a DTO class. */
export function fieldsOf(dto: abstract new () => unknown): FieldSet {
  let set = sets.get(dto);
  if (!set) sets.set(dto, (set = new FieldSet(declaredFields(dto) as readonly Field[])));
  return set;
}
