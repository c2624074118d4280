import { PlainContext, type RequestContext } from '../crud/endpoints/request-context.js';
import { traceIdOf } from '../http/trace-context.js';
import { Caller } from './caller.js';

/**
 * The context of work that no request asks for: a job, a consumer, a seed. It may do everything, and row rules see a caller
 * without claims.
 * @param actor names who did it in the change log, as `system:{actor}`
 * @param traceId of what the work follows from; a new one unless it is given
 */
export function systemContext(actor: string, traceId = traceIdOf(undefined)): RequestContext {
  return new PlainContext(new Caller(`system:${actor}`, ['*:*']), traceId);
}
