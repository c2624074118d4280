import type { FastifyRequest } from 'fastify';
import { DomainError } from '../problems/domain-error.js';
import type { Readers } from './body.parser.js';
import { parseMediaType } from './media-types.js';
import { negotiate } from './negotiation.js';
import { announcesBody } from './engine/body.js';

export const MAX_URL_BYTES = 8_192;
const MAX_HEADERS = 100;
const MERGE_PATCH = 'application/merge-patch+json';

/** `uri-host [ ":" port ]` (RFC 9110 section 7.2). */
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;
const SLASH = 0x2f;
/** Headers of which Node keeps the first, where something in front of the service may go by the last. */
const ONCE: ReadonlyMap<string, number> = new Map([
  ['host', 1],
  ['content-type', 2],
  ['authorization', 4],
]);
const LENGTHS_OF_ONCE = new Set([...ONCE.keys()].map((name) => name.length));

/** Checks before anything is looked up: the framing of the message, its target, and limits. */
export function checkHead({ raw }: FastifyRequest): void {
  const { headers, rawHeaders, httpVersion, method } = raw;
  const url = raw.url!;
  if (raw.httpVersionMajor !== 1) throw versionNotSupported();
  if (url.length > MAX_URL_BYTES) throw uriTooLong();
  if (rawHeaders.length > 2 * MAX_HEADERS)
    throw new DomainError('headers-too-large', `A request may have ${MAX_HEADERS} headers.`);
  refuseRepeated(rawHeaders);
  const { host, expect, 'transfer-encoding': coding } = headers;
  if (host === undefined ? httpVersion === '1.1' : !HOST.test(host))
    throw malformed('A request needs one Host header with the name of the service.');
  if ((url.charCodeAt(0) !== SLASH && !(url === '*' && method === 'OPTIONS')) || url.includes('#'))
    throw new DomainError('invalid-request-target', 'The target of a request is a path, as in GET /api/resource.');
  if (coding !== undefined) checkCoding(coding, httpVersion);
  if (expect !== undefined && httpVersion === '1.1' && expect.toLowerCase() !== '100-continue')
    throw new DomainError('expectation-failed', 'Expect takes 100-continue and nothing else.');
}

function refuseRepeated(rawHeaders: readonly string[]): void {
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    // By its length first: this is done for each header of each request.
    const bit = LENGTHS_OF_ONCE.has(name.length) ? (ONCE.get(name.toLowerCase()) ?? 0) : 0;
    if ((seen & bit) !== 0) throw malformed(`A request may have one ${name.toLowerCase()} header.`);
    seen |= bit;
  }
}

/** RFC 9112 section 6.1. */
function checkCoding(coding: string, httpVersion: string): void {
  if (httpVersion !== '1.1') throw malformed('HTTP/1.0 has no Transfer-Encoding.');
  if (coding.trim().toLowerCase() !== 'chunked')
    throw new DomainError(
      'transfer-coding-not-implemented',
      'Transfer-Encoding may be chunked and nothing else.',
      CLOSE,
    );
}

/** Closes the connection: the peers may disagree about where the message ends, so nothing further is read. */
const CLOSE = { headers: { connection: 'close' } };

function malformed(detail: string): DomainError {
  return new DomainError('malformed-http', detail, CLOSE);
}

export function versionNotSupported(): DomainError {
  return new DomainError('http-version-not-supported', 'This service speaks HTTP/1.1.', CLOSE);
}

export function uriTooLong(): DomainError {
  return new DomainError('uri-too-long', `A URL may have ${MAX_URL_BYTES} bytes.`);
}

export function notImplemented(): DomainError {
  return new DomainError('method-not-implemented', 'The service does not know this method.');
}

/** Accept, then Content-Type, in the contract's order. */
export function checkMediaTypes(request: FastifyRequest): void {
  const { headers, method, route } = request;
  negotiate(headers.accept, route.offers);
  if (!announcesBody(headers)) return;
  if (method === 'GET' || method === 'HEAD') return;
  checkContentType({ method, readers: route.readers }, headers['content-type'], headers['content-encoding']);
}

/** The media types that bodies may have. */
interface Takes {
  readonly method: string;
  readonly readers: Readers;
}

function checkContentType(takes: Takes, contentType: string | undefined, encoding: string | undefined): void {
  if (encoding !== undefined) throw unsupported(takes, 'A body must not have a Content-Encoding.', 'content-encoding');
  if (contentType === 'application/json') return;
  if (contentType === undefined) throw unsupported(takes, 'A body needs a Content-Type.', 'content-type');
  const given = parseMediaType(contentType);
  const types = typesOf(takes);
  if (!given || !types.includes(given.type))
    throw unsupported(takes, `This takes ${types.join(', ')}.`, 'content-type');
  if (given.charsets.some((charset) => charset !== 'utf-8'))
    throw unsupported(takes, 'A body is UTF-8: no other charset is taken.', 'content-type');
}

function typesOf({ method, readers }: Takes): string[] {
  return [...(method === 'PATCH' ? [MERGE_PATCH] : []), 'application/json', ...readers.keys()];
}

function unsupported(takes: Takes, detail: string, header: string): DomainError {
  const { method } = takes;
  const name = method === 'PATCH' ? 'accept-patch' : 'accept-post';
  const headers = method === 'PATCH' || method === 'POST' ? { [name]: typesOf(takes).join(', ') } : undefined;
  return new DomainError('unsupported-media-type', detail, {
    errors: [{ code: 'unsupported', detail, header }],
    ...(headers && { headers }),
  });
}
