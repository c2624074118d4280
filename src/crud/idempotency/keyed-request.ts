import type { FastifyRequest } from 'fastify';
import { canonicalJson, digest } from './request-digest.js';
import type { KeyedRequest } from './idempotency.js';

/**
 * The identity of a request: method, path, query, media type, conditions and the body, whatever its key order. The wanted form
 * of the answer (Accept, Prefer) is no part of it: the first answer is given again as it was.
 */
export function keyedRequest(request: FastifyRequest, caller: string, key: string): KeyedRequest {
  const { method, url, headers, body, context } = request;
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const conditions = [headers['if-match'] ?? '', headers['if-none-match'] ?? ''];
  const parts = [method, url, mediaType, ...conditions, body === undefined ? '' : canonicalJson(body)];
  return { caller, id: digest([caller, key]), request: digest(parts), since: context.since };
}
