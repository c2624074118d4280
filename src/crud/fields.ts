import type { Field } from './field.js';
import { CrudDto } from './dto/crud.dto.js';
import { declaredFields } from './field.decorator.js';
import { FieldSet } from './query/field-set.js';

const sets = new WeakMap<object, FieldSet>();

/** The field contract of a DTO class. */
export function fieldsOf(dto: abstract new () => unknown): FieldSet {
  let set = sets.get(dto);
  if (!set) sets.set(dto, (set = new FieldSet(inOrder(dto))));
  return set;
}

/** As the specification has it: the id, the module's own fields, then what every module has. */
function inOrder(dto: abstract new () => unknown): Field[] {
  const all: Field[] = declaredFields(dto);
  const inherited = new Set(declaredFields(CrudDto).map(({ name }) => name));
  const own = all.filter(({ name }) => !inherited.has(name));
  const [id, ...system] = all.filter(({ name }) => inherited.has(name));
  return id ? [id, ...own, ...system] : own;
}
