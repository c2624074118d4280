import type { FastifyContextConfig } from 'fastify';
import { access } from './scope.decorator.js';

/**
 * Lets everybody in without credentials, and says so: a route under `/api` that says nobody's access stops the start. Its
 * caller is `nobody`, who has no scope. Requests count for their address.
 */
export function Public(more: Pick<FastifyContextConfig, 'offers'> = {}): MethodDecorator {
  return access({ access: { isPublic: true }, ...more });
}
