import type { CrudEntity } from '../../rows/crud.entity.js';
import type { Readers } from '../../http/body.parser.js';
import { bareType, parseMediaType } from '../../http/media-types.js';

/**
 * A representation of a module's own beside JSON: of one row, and of a list, which is streamed whole. It is asked for by
 * `Accept`, and has the members that JSON would have. One that can be read is also a body of POST and PUT.
 */
export interface Format<E = CrudEntity> {
  /** A media type without parameters: `text/calendar`. Text is UTF-8. */
  readonly type: string;
  /** The extension of the file that a list becomes: `ics`. */
  readonly extension: string;
  /** Before the first row. */
  readonly head?: string;
  /** @param row the members that JSON would have: with `fields=`, or without a scope, any but the id may be missing */
  readonly row: (row: Partial<E>) => string;
  /** After the last one. */
  readonly tail?: string;
  /**
   * Reads the body of a POST or PUT to members, which are then checked as those of JSON are. Members that it leaves out have no
   * place in such a document: a POST takes their defaults, a PUT keeps them. It is given at most `HTTP_BODY_BYTES` of UTF-8 and runs
   * on the thread of all requests, so it has to be quick.
   * @throws DomainError for what can't be read, with `line` and `column` of each fault
   */
  readonly read?: (text: string) => object;
}

/** Formats that bodies may have, as a route needs them. */
export function readersOf(formats: readonly Format<never>[]): Readers {
  return new Map(formats.flatMap((format) => (format.read ? [[bareType(contentTypeOf(format)), format.read]] : [])));
}

const TAKEN: readonly string[] = ['application/json', 'application/x-ndjson', 'text/csv', 'text/event-stream'];

/** As Content-Type has it. @throws TypeError for what is no media type, and for one that every resource has */
export function contentTypeOf({ type }: Pick<Format, 'type'>): string {
  if (parseMediaType(type)?.type !== type || bareType(type) !== type)
    throw new TypeError(
      `"${type}" is no media type of a format: write it small and without parameters, text/calendar.`,
    );
  if (TAKEN.includes(type)) throw new TypeError(`${type} is the kernel's own: a format needs another media type.`);
  return `${type}; charset=utf-8`;
}
