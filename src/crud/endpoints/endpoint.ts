import type { Type } from '@nestjs/common';
import type { OwnParameters } from '../../fields/own-parameters.js';
import type { AccessVerb } from '../../http/fastify-types.js';
import type { CrudModel } from '../crud.model.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { Format } from './format.js';
import type { AnswerType } from './own-answer.js';

export type EndpointKind =
  | 'read'
  | 'list'
  | 'search'
  | 'create'
  | 'update'
  | 'replace'
  | 'remove'
  | 'restore'
  | 'batch'
  | 'watch'
  | 'history'
  | 'purge'
  | 'action';

/** Options of an endpoint's decorator beside its kind. */
export interface EndpointOptions {
  /** In the reference, in place of the usual words. */
  readonly summary?: string;
  /** Codes of problems that it answers with beside the usual ones, for the reference. */
  readonly problems?: readonly string[];
}

/** An endpoint decorator's declaration about its handler; `EndpointRunner` and the reference read it. */
export interface Endpoint extends EndpointOptions {
  readonly kind: EndpointKind;
  /** Undefined where the module is a part of the path (batch). */
  readonly resource?: Type<CrudEntity>;
  readonly writes: boolean;
  /** Marks `CrudController`'s own handler, which asks the service for one new row and does nothing else. */
  readonly createsOneRow?: boolean;
  /** The verb of an action. */
  readonly verb?: string;
  /** Status of an answer that is neither a representation nor a page; 200 unless given. */
  readonly status?: number;
  /** The class of an action's `@Body()`. */
  readonly body?: Type<unknown> | undefined;
  /** Undefined where it answers with the row. */
  readonly answer?: AnswerType;
  /** Representations beside those that all resources have; of a write, what its body may be. */
  readonly formats?: readonly Format<never>[];
  readonly parameters?: OwnParameters | undefined;
}

/** An endpoint of one module. */
export interface ModuleEndpoint extends Endpoint {
  readonly model: CrudModel;
  /** The id is in the query, `?id=`, and not in the path. */
  readonly isByQuery?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly endpoint?: Endpoint;
  }
}

/** The second half of the scope that an endpoint needs. What can't be taken back is not in what writers may do. */
export function verbOf({ kind, writes }: Pick<Endpoint, 'kind' | 'writes'>): AccessVerb {
  return kind === 'purge' ? 'purge' : writes ? 'write' : 'read';
}

const ENDPOINT = Symbol('plinth:endpoint');

export function declareEndpoint(handler: object, endpoint: Endpoint): void {
  Object.defineProperty(handler, ENDPOINT, { value: endpoint, configurable: true });
}

export function endpointOf(handler: object): Endpoint | undefined {
  return (handler as { [ENDPOINT]?: Endpoint })[ENDPOINT];
}
