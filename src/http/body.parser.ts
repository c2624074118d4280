import type { FastifyRequest } from 'fastify';
import { Document } from '../fields/body.pipe.js';
import { DomainError } from '../problems/domain-error.js';
import { parseJson } from './json.parser.js';
import { parseMediaType } from './media-types.js';

/** Reads a text to the members of a body. @throws DomainError for what can't be read */
export type Reader = (text: string) => object;
/** Readers of the bodies that a route takes beside JSON, by media type. */
export type Readers = ReadonlyMap<string, Reader>;

export const NO_READERS: Readers = new Map();
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** A body by its media type, which is one that the route takes: JSON, or a `Document`. @throws DomainError */
export function parseBody({ headers, route }: FastifyRequest, body: Buffer): unknown {
  const read = route.readers.size > 0 ? readerOf(route.readers, headers['content-type']) : undefined;
  return read ? new Document(read(decode(body))) : parseJson(body, route.levelsAround);
}

function readerOf(readers: Readers, contentType: string | undefined): Reader | undefined {
  const given = contentType === undefined ? null : parseMediaType(contentType);
  return given ? readers.get(given.type) : undefined;
}

/** Without a byte order mark. */
function decode(body: Buffer): string {
  try {
    return UTF_8.decode(body);
  } catch {
    throw new DomainError('invalid-text', 'The body is not UTF-8.');
  }
}
