import type { Caller } from '../access/caller.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DomainError } from '../problems/domain-error.js';
import type { Draining } from '../runtime/draining.js';
import type { HeldBytes } from './held-bytes.js';
import type { RequestListener } from './engine/told-requests.js';

/** Decides who gets in. Asked after routing and before anything else of the request is looked at. */
export interface Gate {
  /** @throws DomainError why not, at once or later */
  admit(request: FastifyRequest, reply: FastifyReply): void | Promise<void>;
  /** Admits a request that needs no credentials. @throws DomainError `rate-limited` */
  admitAnybody(address: string): void;
  /** Whether callers are told apart. */
  readonly knowsCallers: boolean;
}

/** Runs around the handlers of endpoints. */
export interface Exchange {
  /** Reads the request's conditions, once its body is there. @throws DomainError what is wrong with them */
  prepare(request: FastifyRequest, reply: FastifyReply): void;
  /** Sends what a handler has returned; false where that is none of its own. */
  answer(request: FastifyRequest, reply: FastifyReply, value: unknown): boolean;
}

export interface HttpServices {
  readonly draining: Draining;
  readonly held: HeldBytes;
  /** The caller of a request until the gate has named one. */
  readonly nobody: Caller;
  /** Undefined until the application is put together, which is before it listens. */
  gate?: Gate;
  exchange?: Exchange;
  readonly logRequest?: RequestListener | undefined;
  measureRequest?: RequestListener;
  /** Is told of each problem that is answered where there are no hooks. */
  tellProblem?: (problem: DomainError) => void;
  /** Is told of each connection that is ended because its answer lay unread. */
  tellUnread?: () => void;
}
