import type { Type } from '@nestjs/common';
import type { CrudModel } from '../crud.model.js';
import type { CrudEntity } from '../../rows/crud.entity.js';

export type EndpointKind =
  'read' | 'list' | 'create' | 'update' | 'replace' | 'remove' | 'restore' | 'batch' | 'watch' | 'history' | 'action';

/** An endpoint decorator's declaration about its handler; `EndpointRunner` and the reference read it. */
export interface Endpoint {
  readonly kind: EndpointKind;
  /** Undefined where the module is a part of the path (batch). */
  readonly resource?: Type<CrudEntity>;
  readonly writes: boolean;
  /** The verb of an action. */
  readonly verb?: string;
  /** Status of an answer that is neither a representation nor a page; 200 unless given. */
  readonly status?: number;
}

/** An endpoint of one module. */
export interface ModuleEndpoint extends Endpoint {
  readonly model: CrudModel;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly endpoint?: Endpoint;
  }
}

const ENDPOINT = Symbol('plinth:endpoint');

export function declareEndpoint(handler: object, endpoint: Endpoint): void {
  Object.defineProperty(handler, ENDPOINT, { value: endpoint, configurable: true });
}

export function endpointOf(handler: object): Endpoint | undefined {
  return (handler as { [ENDPOINT]?: Endpoint })[ENDPOINT];
}
