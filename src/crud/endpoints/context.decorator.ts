import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { RequestContext } from './request-context.js';

/** The handler's `RequestContext`: who asks, and for an endpoint under which conditions. */
export const Context = createParamDecorator(
  (_data: unknown, execution): RequestContext => execution.switchToHttp().getRequest<FastifyRequest>().context,
);
