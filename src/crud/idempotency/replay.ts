import { DomainError } from '../../problems/domain-error.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { CrudService } from '../crud.service.js';
import { Rendered } from '../endpoints/render.js';
import { stillShown } from '../endpoints/own-answer.js';
import type { EndpointContext } from '../endpoints/request-context.js';

type AnyService = CrudService<CrudEntity>;
type Members = Record<string, unknown>;

/**
 * A stored answer, for a caller who may have lost visibility of what is in it since: rows that their rule hides now answer as
 * missing ones do, and fields that they can't read any more are left out.
 * @throws DomainError `not-found`
 */
export async function replayFor(
  service: AnyService,
  answer: Rendered,
  context: EndpointContext,
  id: string | undefined,
): Promise<Rendered> {
  const own = context.endpoint.answer;
  const body = answer.body === null ? null : (JSON.parse(answer.body) as Members);
  const rows = own ? [] : rowsIn(body?.data);
  if (service.visibilityOf(context).condition) {
    const made = answer.headers.location?.split('/').at(-1);
    const ids = new Set([id, made && decodeURIComponent(made), ...rows.map((row) => row.id as string)]);
    for (const one of ids) {
      if (one === undefined) continue;
      if (!(await service.isKnown(one, context))) {
        throw new DomainError('not-found', `There is no ${service.model.name} with this id.`);
      }
    }
  }
  if (body && own) {
    const data = stillShown(own, body.data, context.caller);
    return new Rendered(answer.status, answer.headers, JSON.stringify({ ...body, data }));
  }
  if (!body || !service.model.hasHiddenFields(context.caller)) return answer;
  const known = service.model.fieldsFor(context.caller);
  for (const row of rows) {
    for (const { name } of service.model.fields.all) if (!known.find(name)) Reflect.deleteProperty(row, name);
  }
  return new Rendered(answer.status, answer.headers, JSON.stringify(body));
}

/** The representations in an answer: one, or those of a batch's outcomes. */
function rowsIn(data: unknown): Members[] {
  if (Array.isArray(data)) return data.flatMap((outcome: Members) => rowsIn(outcome.data));
  return typeof data === 'object' && data !== null ? [data as Members] : [];
}
