import { DomainError } from './domain-error.js';

const ENTITY_TAG = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/y;
const SEPARATOR = /[ \t]*(?:,[ \t]*)+/y;

/** The entity tags of an If-Match or If-None-Match header, or its `*` (RFC 9110 sections 13.1.1 and 13.1.2). */
export class EntityTags {
  constructor(
    private readonly strong: readonly string[],
    private readonly weak: readonly string[],
    readonly any: boolean,
  ) {}

  /** As If-Match compares: a weak tag never satisfies it. `etag` is the row's, strong. */
  matchesStrongly(etag: string): boolean {
    return this.any || this.strong.includes(etag);
  }

  /** As If-None-Match compares. */
  matchesWeakly(etag: string): boolean {
    return this.any || this.strong.includes(etag) || this.weak.includes(etag);
  }
}

/** @throws DomainError `invalid-parameter` naming the header, for what is not a list of entity tags */
export function parseEntityTags(value: string, header: string): EntityTags {
  const text = value.trim();
  if (text === '*') return new EntityTags([], [], true);
  const strong: string[] = [];
  const weak: string[] = [];
  for (let at = 0; ;) {
    ENTITY_TAG.lastIndex = at;
    const found = ENTITY_TAG.exec(text);
    if (!found) throw malformed(header);
    (found[1] ? weak : strong).push(found[2]!);
    at = ENTITY_TAG.lastIndex;
    if (at === text.length) return new EntityTags(strong, weak, false);
    SEPARATOR.lastIndex = at;
    if (!SEPARATOR.test(text)) throw malformed(header);
    at = SEPARATOR.lastIndex;
  }
}

function malformed(header: string): DomainError {
  const detail = 'An entity tag is in double quotes, as the ETag header gives it; several are separated by commas.';
  return new DomainError('invalid-parameter', detail, { errors: [{ code: 'malformed', detail, header }] });
}
