import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../access/caller.js';
import type { Route } from '../route.js';
import type { Response } from './response.js';

/** Answers that are alike to those who are told of them. There are not many, whatever callers send. */
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
export type Tell = (ms: number, traceId: string, caller: Caller, bytes: number) => void;

/**
 * Is asked once for each kind of answer what to call for each one of it: all that is the same for these is worked out
 * there. Undefined where it wants to hear of none.
 */
export type RequestListener = (kind: AnswerKind) => Tell | undefined;

/** Tells the log and the metrics of each answer. */
export class ToldRequests {
  private readonly known = new Map<Route, Map<string, (readonly Tell[])[]>>();

  constructor(private readonly listeners: () => readonly (RequestListener | undefined)[]) {}

  tell({ route, raw: { method }, startedAt, traceId, caller }: FastifyRequest, { raw }: FastifyReply): void {
    const { statusCode } = raw;
    const ms = performance.now() - startedAt;
    const told = this.known.get(route)?.get(method!)?.[statusCode - 100] ?? this.learn(route, method!, statusCode);
    const bytes = (raw as Response).bodyBytes;
    for (const tell of told) tell(ms, traceId, caller, bytes);
  }

  private learn(route: Route, method: string, status: number): readonly Tell[] {
    const told = this.listeners()
      .map((listener) => listener?.({ route, method, status }))
      .filter((tell) => tell !== undefined);
    let methods = this.known.get(route);
    if (!methods) this.known.set(route, (methods = new Map<string, (readonly Tell[])[]>()));
    let statuses = methods.get(method);
    if (!statuses) methods.set(method, (statuses = []));
    return (statuses[status - 100] = told);
  }
}
