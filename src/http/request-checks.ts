import type { FastifyRequest } from 'fastify';
import { DomainError } from './domain-error.js';
import { negotiate } from './negotiation.js';
import { announcesBody } from './request.js';

const MAX_URL_BYTES = 8_192;
const MAX_HEADERS = 100;
const MERGE_PATCH = 'application/merge-patch+json';

/** Limits that hold before anything is looked up. */
export function checkLimits({ raw }: FastifyRequest): void {
  if (raw.url!.length > MAX_URL_BYTES) throw new DomainError('uri-too-long', `A URL may have ${MAX_URL_BYTES} bytes.`);
  if (raw.rawHeaders.length > 2 * MAX_HEADERS)
    throw new DomainError('headers-too-large', `A request may have ${MAX_HEADERS} headers.`);
}

/** Accept, then Content-Type, in the contract's order. */
export function checkMediaTypes(request: FastifyRequest): void {
  const { headers, method } = request;
  negotiate(headers.accept, request.route.offers);
  if (!announcesBody(headers)) return;
  if (method === 'GET' || method === 'HEAD') return;
  checkContentType(method, headers['content-type'], headers['content-encoding']);
}

function checkContentType(method: string, contentType: string | undefined, encoding: string | undefined): void {
  if (encoding !== undefined) throw unsupported(method, 'A body must not have a Content-Encoding.', 'content-encoding');
  if (contentType === 'application/json') return;
  if (contentType === undefined) throw unsupported(method, 'A body needs a Content-Type.', 'content-type');
  const [mediaType, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  if (mediaType !== 'application/json' && !(method === 'PATCH' && mediaType === MERGE_PATCH)) {
    throw unsupported(method, `This takes ${accepted(method)}.`, 'content-type');
  }
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=');
    if (name === 'charset' && value.replaceAll('"', '') !== 'utf-8') {
      throw unsupported(method, 'JSON is UTF-8: no other charset is taken.', 'content-type');
    }
  }
}

function accepted(method: string): string {
  return method === 'PATCH' ? `${MERGE_PATCH}, application/json` : 'application/json';
}

function unsupported(method: string, detail: string, header: string): DomainError {
  const name = method === 'PATCH' ? 'accept-patch' : 'accept-post';
  const headers = method === 'PATCH' || method === 'POST' ? { [name]: accepted(method) } : undefined;
  return new DomainError('unsupported-media-type', detail, {
    errors: [{ code: 'unsupported', detail, header }],
    ...(headers && { headers }),
  });
}
