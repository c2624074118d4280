/** One row as its reader sees it: only declared, readable and selected members, and what the headers need. */
export class Representation<D> {
  constructor(
    readonly data: Partial<D>,
    readonly id: string,
    /** Strong entity tag, quotes included (RFC 9110 section 8.8.3). */
    readonly etag: string,
    /** The request made the row: 201 instead of 200. */
    readonly created = false,
  ) {}
}

/** One page of a list. */
export class Page<D> {
  constructor(
    readonly data: Partial<D>[],
    readonly page: {
      readonly limit: number;
      /** Absent on the last page. */
      readonly next_cursor?: string;
      readonly total?: number;
      readonly total_at_least?: number;
    },
  ) {}
}

/** A list that is streamed whole; each chunk is some hundred lines. */
export class Export {
  constructor(
    readonly contentType: string,
    /** The extension of the file that it becomes when it is saved. */
    readonly extension: string,
    readonly chunks: AsyncIterable<string>,
  ) {}
}

/** Outcomes of operations that did not stand or fall together: 207, in the request's order. */
export class MultiStatus {
  constructor(readonly data: readonly object[]) {}
}

/** The answer of a `list` handler: a stream where `Accept` asked for one. */
export type Listing<D> = Page<D> | Export;

// Nest asks of each answer whether it is a plain object, and compares the source text of its constructor to find out, a
// seventieth of a read. What has no constructor of its own is none at once.
for (const { prototype } of [Representation, Page, MultiStatus]) Reflect.deleteProperty(prototype, 'constructor');
