import { newIdempotencyKey } from './idempotency-key.js';
import { isProblem } from './problem-error.js';
import { backoffMs, sleep, type RetryPolicy } from './retry-policy.js';
import { jsonLines } from './streams.js';
import type {
  BatchOperation,
  BatchOutcome,
  Body,
  FieldName,
  ListQuery,
  PageOf,
  RowOf,
  Selected,
  Verb,
} from './types.js';
import { watchFeed, type WatchEvent, type WatchOptions } from './watch.js';

export interface ReadOptions<Field extends string = never> {
  /** The members that are sent, beside `id`. */
  readonly fields?: readonly Field[];
  readonly signal?: AbortSignal;
}

export interface ListOptions extends Pick<ReadOptions, 'signal'> {
  /** Asks by `POST …:search`, with the query in the body: what it says of persons is not to stand in a URL. */
  readonly inBody?: boolean;
}

export interface WriteOptions<Field extends string = never> extends ReadOptions<Field> {
  /** Only if the row still has this ETag; otherwise the problem `precondition-failed`. */
  readonly ifMatch?: string;
  /** Check everything, answer as if it were done, and keep nothing. */
  readonly dryRun?: boolean;
  /** By which the service knows this write again, for 24 h. Of the client's own making without it. */
  readonly idempotencyKey?: string;
}

export interface EditOptions<Field extends string = never> extends ReadOptions<Field> {
  /** How often at most the row is read; 20 without it. */
  readonly attempts?: number;
}

/** A row, and the ETag that stands for it as it is there. */
export interface Versioned<Row> {
  readonly data: Row;
  readonly etag: string;
}

export type Send = (
  method: string,
  path: string,
  init: Record<string, unknown>,
) => Promise<{ data?: unknown; response: Response }>;

/** The operations of one module. What fails is thrown: `ProblemError`, or `ConnectionError`. */
export class ModuleClient<Paths, Name extends string> {
  constructor(
    readonly name: Name,
    private readonly send: Send,
    private readonly policy: RetryPolicy,
  ) {}

  async get<Field extends FieldName<Paths, Name> = never>(id: string, options: ReadOptions<Field> = {}) {
    return this.one<Field>('get', `/api/${this.name}/{id}`, options, { path: { id } });
  }

  /** One page. `pages` and `all` follow from one to the next. */
  async list<Field extends FieldName<Paths, Name> = never>(
    { fields, ...query }: ListQuery<Paths, Name> & { readonly fields?: readonly Field[] } = {} as never,
    options: ListOptions = {},
  ): Promise<PageOf<Selected<RowOf<Paths, Name>, Field>>> {
    return (await this.asked({ ...query, fields }, options)).data as never;
  }

  async *pages<Field extends FieldName<Paths, Name> = never>(
    query: ListQuery<Paths, Name> & { readonly fields?: readonly Field[] } = {} as never,
    options: ListOptions = {},
  ): AsyncGenerator<PageOf<Selected<RowOf<Paths, Name>, Field>>, void> {
    for (let next = query; ;) {
      const page = await this.list<Field>(next, options);
      yield page;
      const { next_cursor: cursor } = page.page;
      if (cursor === undefined) return;
      next = { ...query, cursor };
    }
  }

  /** Every row, page by page: each page is tried again by itself. */
  async *all<Field extends FieldName<Paths, Name> = never>(
    query: ListQuery<Paths, Name> & { readonly fields?: readonly Field[] } = {} as never,
    options: ListOptions = {},
  ): AsyncGenerator<Selected<RowOf<Paths, Name>, Field>, void> {
    for await (const { data } of this.pages<Field>(query, options)) yield* data;
  }

  /** Every row in one streamed answer. Where it is cut off a ConnectionError says so; there is no going on within. */
  async *export<Field extends FieldName<Paths, Name> = never>(
    query: Omit<ListQuery<Paths, Name>, 'limit' | 'cursor' | 'count'> & {
      readonly fields?: readonly Field[];
    } = {} as never,
    options: ListOptions = {},
  ): AsyncGenerator<Selected<RowOf<Paths, Name>, Field>, void> {
    const stream = { headers: { accept: 'application/x-ndjson' }, parseAs: 'stream' };
    const { data } = await this.asked(query, options, stream);
    yield* jsonLines(data as ReadableStream<Uint8Array>, options.signal);
  }

  private asked(query: object, { inBody = false, signal }: ListOptions, more: object = {}): ReturnType<Send> {
    return inBody
      ? this.send('post', `/api/${this.name}:search`, { ...more, body: query, signal })
      : this.send('get', `/api/${this.name}`, { ...more, params: { query }, signal });
  }

  async create<Field extends FieldName<Paths, Name> = never>(
    body: Body<Paths, `/api/${Name}`, 'post'>,
    options: Omit<WriteOptions<Field>, 'ifMatch'> = {},
  ) {
    return this.one<Field>('post', `/api/${this.name}`, options, {}, body);
  }

  /** Changes some members (JSON Merge Patch). */
  async update<Field extends FieldName<Paths, Name> = never>(
    id: string,
    patch: Body<Paths, `/api/${Name}/{id}`, 'patch'>,
    options: WriteOptions<Field> = {},
  ) {
    return this.one<Field>('patch', `/api/${this.name}/{id}`, options, { path: { id } }, patch);
  }

  /** Writes the whole row, and makes it where there is none. */
  async replace<Field extends FieldName<Paths, Name> = never>(
    id: string,
    body: Body<Paths, `/api/${Name}/{id}`, 'put'>,
    options: WriteOptions<Field> = {},
  ) {
    return this.one<Field>('put', `/api/${this.name}/{id}`, options, { path: { id } }, body);
  }

  async remove(id: string, options: WriteOptions = {}): Promise<void> {
    await this.gone('delete', `/api/${this.name}/{id}`, id, options);
  }

  /** Removes a row for good that was removed before. */
  async purge(id: string, options: WriteOptions = {}): Promise<void> {
    await this.gone('post', `/api/${this.name}/{id}:purge`, id, options);
  }

  /** `POST /api/{module}/{id}:{verb}`: `restore`, and those of the module's own. */
  async act<Field extends FieldName<Paths, Name> = never>(
    id: string,
    verb: Verb<Paths, Name>,
    options: WriteOptions<Field> & { readonly body?: unknown } = {},
  ) {
    return this.one<Field>('post', `/api/${this.name}/{id}:${verb}`, options, { path: { id } }, options.body);
  }

  /** Up to 100 operations in one request: all or none, unless `atomic` is false. */
  async batch(
    operations: readonly BatchOperation<Paths, Name>[],
    { atomic = true, ...options }: Omit<WriteOptions, 'ifMatch' | 'fields'> & { readonly atomic?: boolean } = {},
  ): Promise<BatchOutcome<RowOf<Paths, Name>>[]> {
    const init = { ...written(options), body: { atomic, operations }, signal: options.signal };
    const { data } = await this.send('post', `/api/${this.name}:batch`, init);
    return (data as { data: BatchOutcome<RowOf<Paths, Name>>[] }).data;
  }

  /**
   * Reads the row, lets `change` say what is to be another (a JSON Merge Patch; undefined: nothing) and writes it on the
   * condition that nobody else has meanwhile; otherwise begins again with the row as it then is.
   */
  async edit<Field extends FieldName<Paths, Name> = never>(
    id: string,
    change: Change<Selected<RowOf<Paths, Name>, Field>, Body<Paths, `/api/${Name}/{id}`, 'patch'>>,
    options: EditOptions<Field> = {},
  ) {
    return this.retried(id, change, options, (body, write) => this.update<Field>(id, body, write));
  }

  /** As `edit`, with the whole row in place of a patch. */
  async rewrite<Field extends FieldName<Paths, Name> = never>(
    id: string,
    change: Change<Selected<RowOf<Paths, Name>, Field>, Body<Paths, `/api/${Name}/{id}`, 'put'>>,
    options: EditOptions<Field> = {},
  ) {
    return this.retried(id, change, options, (body, write) => this.replace<Field>(id, body, write));
  }

  /** Every change from now on, or after a position, over any number of connections. Leaving the loop ends it. */
  watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<RowOf<Paths, Name>>, never> {
    const { filter, initial, signal } = options;
    const open = async (position: string | undefined) => {
      const headers = { accept: 'text/event-stream', ...(position !== undefined && { 'last-event-id': position }) };
      const query = { filter, ...(initial && position === undefined && { initial }) };
      const init = { params: { query }, headers, parseAs: 'stream', signal };
      return (await this.send('get', `/api/${this.name}:watch`, init)).data as ReadableStream<Uint8Array>;
    };
    return watchFeed(open, options, this.policy);
  }

  private async gone(method: string, path: string, id: string, options: WriteOptions): Promise<void> {
    const { params, headers } = written(options);
    await this.send(method, path, { params: { ...params, path: { id } }, headers, signal: options.signal });
  }

  private async retried<Field extends FieldName<Paths, Name>, Given>(
    id: string,
    change: Change<Selected<RowOf<Paths, Name>, Field>, Given>,
    { attempts = 20, ...options }: EditOptions<Field>,
    write: (body: Given, options: WriteOptions<Field>) => Promise<Versioned<Selected<RowOf<Paths, Name>, Field>>>,
  ): Promise<Versioned<Selected<RowOf<Paths, Name>, Field>>> {
    for (let failures = 0; ; failures++) {
      const read = await this.get<Field>(id, options);
      const body = await change(read.data);
      if (body === undefined) return read;
      try {
        return await write(body, { ...options, ifMatch: read.etag });
      } catch (error) {
        if (!isProblem(error, 'precondition-failed') || failures + 1 >= attempts) throw error;
      }
      await sleep(backoffMs(failures, this.policy), options.signal);
    }
  }

  private async one<Field extends FieldName<Paths, Name>>(
    method: string,
    path: string,
    options: WriteOptions<Field>,
    params: Record<string, unknown>,
    body?: unknown,
  ): Promise<Versioned<Selected<RowOf<Paths, Name>, Field>>> {
    const init = method === 'get' ? { params: { query: { fields: options.fields } }, headers: {} } : written(options);
    const type = method === 'patch' && { 'content-type': 'application/merge-patch+json' };
    const { data, response } = await this.send(method, path, {
      params: { ...init.params, ...params },
      headers: { ...init.headers, ...type },
      body,
      signal: options.signal,
    });
    return { data: (data as { data: never }).data, etag: response.headers.get('etag')! };
  }
}

export type Change<Row, Given> = (row: Row) => Given | undefined | Promise<Given | undefined>;

function written({ fields, dryRun, ifMatch, idempotencyKey }: WriteOptions<string>) {
  const query = { fields, ...(dryRun && { dry_run: true }) };
  return {
    params: { query },
    headers: {
      'idempotency-key': idempotencyKey ?? newIdempotencyKey(),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    },
  };
}
