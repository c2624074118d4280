import type { Caller } from '../access/caller.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { DomainError } from '../problems/domain-error.js';
import type { Draining } from '../runtime/draining.js';
import type { HeldBytes } from './held-bytes.js';
import type { RequestObserver } from './engine/request-observers.js';

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
  /** The answer with what a handler has returned; undefined where that is none of its own. */
  answer(request: FastifyRequest, value: unknown): Answer | undefined;
}

/** Its links come after those that the reply has already. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, all of it or piece by piece; null for none. */
  readonly body: string | Readable | null;
}

export interface HttpServices {
  readonly draining: Draining;
  readonly held: HeldBytes;
  /** The caller of a request until the gate has named one. */
  readonly nobody: Caller;
  /** Undefined until the application is put together, which is before it listens. */
  gate?: Gate;
  exchange?: Exchange;
  readonly logRequest?: RequestObserver | undefined;
  measureRequest?: RequestObserver;
  /** Is told of each problem that is answered where there are no hooks. */
  tellProblem?: (problem: DomainError) => void;
  /** Is told of each connection that is ended because its answer lay unread. */
  tellUnread?: () => void;
}
