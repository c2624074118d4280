import type { Caller } from '../access/caller.js';
import { DomainError, type ProblemItem } from '../problems/domain-error.js';
import type { CrudModel } from '../crud/crud.model.js';
import { settle, type Condition } from '../query/condition.js';
import { parseFilter } from '../query/filter.parser.js';
import { fieldsIn, refusePersonal } from '../query/personal.js';
import { parsePosition, type Position } from './position.js';

const PARAMETERS = ['after', 'filter', 'initial'];

export interface WatchRequest {
  readonly after?: Position;
  readonly filter?: Condition;
  readonly initial: boolean;
}

/** @throws DomainError with every bad parameter at once */
export function parseWatch(
  query: Readonly<Record<string, unknown>>,
  lastEventId: string | string[] | undefined,
  model: CrudModel,
  caller: Caller,
): WatchRequest {
  const errors: ProblemItem[] = [];
  for (const [name, value] of Object.entries(query)) {
    const parameter = name.slice(0, 64).toWellFormed();
    if (!PARAMETERS.includes(name))
      errors.push({ code: 'unknown-parameter', detail: `There is no parameter "${parameter}" here.`, parameter });
    else if (typeof value !== 'string')
      errors.push({ code: 'repeated', detail: `"${name}" must be given once.`, parameter });
  }
  const { after, filter, initial = 'false' } = query as Record<string, string | undefined>;
  if (initial !== 'true' && initial !== 'false')
    errors.push({ code: 'not-boolean', detail: '"initial" must be true or false.', parameter: 'initial' });
  // A stream that was cut off goes on where it was, whatever its URL said at first.
  const resumed = typeof lastEventId === 'string' && lastEventId !== '';
  const text = resumed ? lastEventId : after;
  const position = typeof text === 'string' ? parsePosition(text) : undefined;
  if (position === null) {
    const where = resumed ? { header: 'last-event-id' } : { parameter: 'after' };
    errors.push({ code: 'malformed', detail: 'This is not a position: take it as the feed gave it.', ...where });
  }
  if (errors.length > 0) {
    throw new DomainError(
      'invalid-parameter',
      errors.length === 1 ? errors[0]!.detail : `${errors.length} parameters are not valid.`,
      { errors },
    );
  }
  const condition = filter === undefined ? undefined : settle(parseFilter(filter), model.fieldsFor(caller));
  if (condition && model.guardsUrls) refusePersonal('filter', fieldsIn(condition));
  return {
    ...(position && { after: position }),
    ...(condition && { filter: condition }),
    initial: initial === 'true' && !resumed,
  };
}
