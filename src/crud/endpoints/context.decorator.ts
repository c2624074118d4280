import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { EndpointContext } from './request-context.js';

/** The handler's `EndpointContext`: who asks, and under which conditions. */
export const Context = createParamDecorator(
  (_data: unknown, execution): EndpointContext => execution.switchToHttp().getRequest<FastifyRequest>().context,
);
