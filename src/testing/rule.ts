import { systemContext } from '../access/system-context.js';
import type { CrudService } from '../crud/crud.service.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import type { CrudEntity } from '../rows/crud.entity.js';

type ServiceClass<E extends CrudEntity> = abstract new (...given: never[]) => CrudService<E>;
type Rule<E> = (before: E | null, after: E | null, context?: RequestContext) => Promise<void>;

/**
 * The rule of a service, `check`, to be tried without a database. Its constructor is not run, whatever that asks for.
 * @param members those of the service that the rule uses, such as `{ settings: { maxWeight: 500 } }`
 */
export function ruleOf<E extends CrudEntity>({ prototype }: ServiceClass<E>, members: object = {}): Rule<E> {
  const service = Object.assign(Object.create(prototype as object) as { check: Rule<E> }, members);
  return async (before, after, context = systemContext('test')) => service.check(before, after, context);
}
