import type { Field } from '../fields/field.js';
import { DomainError } from '../problems/domain-error.js';
import type { Condition } from './condition.js';

/**
 * Refuses a parameter of a URL that names personal fields: URLs are kept by proxies, browsers and their logs. A filter has
 * values in it, and a sort puts them into the cursor of the next page.
 * @throws DomainError `personal-in-url`
 */
export function refusePersonal(parameter: 'filter' | 'sort', named: readonly Field[]): void {
  const field = named.find(({ personal }) => personal);
  if (!field) return;
  const detail = `"${field.name}" is personal, and a URL is no place for it: send the query in the body of POST …:search.`;
  throw new DomainError('personal-in-url', detail, { errors: [{ code: 'personal-in-url', detail, parameter }] });
}

/** The fields that a condition is about. */
export function fieldsIn(condition: Condition): Field[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.nodes.flatMap(fieldsIn);
    case 'not':
      return fieldsIn(condition.node);
    default:
      return [condition.field];
  }
}
