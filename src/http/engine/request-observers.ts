import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../access/caller.js';
import type { Route } from '../route.js';
import type { PlinthResponse } from './response.js';

/** The labels of an answer. There are not many, whatever callers send. */
export interface AnswerKind {
  readonly route: Route;
  /** The method, one of those that Node's parser knows. */
  readonly method: string;
  readonly status: number;
}

/**
 * @param ms from the request's headers to its answer; of a stream, to its end
 * @param bytes of the answer's body
 */
export type Observe = (ms: number, traceId: string, caller: Caller, bytes: number) => void;

/**
 * Asked once for each kind of answer, for the function that observes each answer of it: looking up a metric's labels costs
 * more than counting. Undefined where it wants none of them.
 */
export type RequestObserver = (kind: AnswerKind) => Observe | undefined;

/** Reports each answer to the log and the metrics. */
export class RequestObservers {
  private readonly known = new Map<Route, Map<string, readonly Observe[]>>();

  constructor(private readonly observers: () => readonly (RequestObserver | undefined)[]) {}

  observe({ route, raw: { method }, startedAt, traceId, caller }: FastifyRequest, { raw }: FastifyReply): void {
    const { statusCode, bodyBytes } = raw as PlinthResponse;
    const ms = performance.now() - startedAt;
    for (const observe of this.of(route, method!, statusCode)) observe(ms, traceId, caller, bodyBytes);
  }

  private of(route: Route, method: string, status: number): readonly Observe[] {
    let kinds = this.known.get(route);
    if (!kinds) this.known.set(route, (kinds = new Map<string, readonly Observe[]>()));
    const key = `${method} ${status}`;
    let found = kinds.get(key);
    if (!found) {
      const asked = this.observers().map((observer) => observer?.({ route, method, status }));
      kinds.set(key, (found = asked.filter((observe) => observe !== undefined)));
    }
    return found;
  }
}
