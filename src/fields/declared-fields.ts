import { FieldSet } from './field-set.js';
import { declaredFields } from './field.decorator.js';
import { withPersonal } from './personal.js';

const sets = new WeakMap<object, FieldSet>();

/** The fields of a resource's class, as the specification has them: the id, its own, then what every resource has. */
export function fieldsOf(type: abstract new () => unknown): FieldSet {
  let set = sets.get(type);
  if (!set) {
    const inherited = declaredFields(Object.getPrototypeOf(type) as abstract new () => unknown);
    const own = declaredFields(type).slice(inherited.length);
    const [id, ...system] = inherited;
    sets.set(type, (set = new FieldSet(withPersonal(type, id ? [id, ...own, ...system] : own))));
  }
  return set;
}
