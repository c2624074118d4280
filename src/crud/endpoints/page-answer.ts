import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from './answer.js';
import { withParameter } from './link.js';

/** The answer with a page of a route that is no endpoint, and its link to the next one. */
export function pageAnswer<T extends object>(
  { data, page }: Page<T>,
  { url }: FastifyRequest,
  reply: FastifyReply,
): object {
  if (page.next_cursor !== undefined)
    void reply.header('link', `<${withParameter(url, 'cursor', page.next_cursor)}>; rel="next"`);
  return { data, page, status: 'success' };
}
