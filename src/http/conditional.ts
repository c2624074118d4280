import { DomainError } from '../problems/domain-error.js';

/** One element of a list, which may be empty (RFC 9110 section 5.6.1.2), and the comma after it. */
const ELEMENT = /[ \t]*(?:(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y;
/** Suffixes that compressing servers (Apache, Caddy, Jetty) put at the end of a tag. */
const MARK = /-{1,2}(?:gzip|deflate|br|zstd)"$/;

/** The entity tags of an If-Match or If-None-Match header, or its `*` (RFC 9110 sections 13.1.1 and 13.1.2). */
export class EntityTags {
  /** @param hasChanged whether a tag is in it that something on the way has made weak, or marked */
  constructor(
    private readonly strong: readonly string[],
    private readonly weak: readonly string[],
    readonly any: boolean,
    readonly hasChanged: boolean,
  ) {}

  /** Compares as If-Match does: a weak tag never satisfies it. `etag` is the row's, strong. */
  matchesStrongly(etag: string): boolean {
    return this.any || this.strong.includes(etag);
  }

  /** Compares as If-None-Match does. */
  matchesWeakly(etag: string): boolean {
    return this.any || this.strong.includes(etag) || this.weak.includes(etag);
  }
}

/**
 * @param takesChanged weak and marked tags stand for the strong ones that they were: the opaque part alone names the version
 * @throws DomainError `invalid-parameter` naming the header, for what is not a list of entity tags
 */
export function parseEntityTags(value: string, header: string, takesChanged = false): EntityTags {
  const text = value.trim();
  if (text === '*') return new EntityTags([], [], true, false);
  const strong: string[] = [];
  const weak: string[] = [];
  let hasChanged = false;
  for (let at = 0; at < text.length; at = ELEMENT.lastIndex) {
    ELEMENT.lastIndex = at;
    const [, mark, tag] = ELEMENT.exec(text) ?? refuse(header);
    if (tag === undefined) continue;
    if (takesChanged) strong.push(tag.replace(MARK, '"'));
    else {
      (mark ? weak : strong).push(tag);
      hasChanged ||= mark !== undefined || MARK.test(tag);
    }
  }
  return new EntityTags(strong, weak, false, hasChanged);
}

function refuse(header: string): never {
  const detail = 'An entity tag is in double quotes, as the ETag header gives it; several are separated by commas.';
  throw new DomainError('invalid-parameter', detail, { errors: [{ code: 'malformed', detail, header }] });
}
