import type { components } from './openapi.js';

/** What a module's operations take and give, read off the `paths` that openapi-typescript makes. */

type Operation<Paths, Path, Method extends string> = Path extends keyof Paths
  ? Method extends keyof Paths[Path]
    ? NonNullable<Paths[Path][Method]>
    : never
  : never;

type Json<Part> = Part extends { content: { 'application/json': infer Value } } ? Value : never;

type DataOf<Op> = Op extends { responses: infer Responses }
  ? Json<Responses[keyof Responses & (200 | 201 | 207)]> extends { data: infer Data }
    ? Data
    : never
  : never;

export type Body<Paths, Path, Method extends string> =
  Operation<Paths, Path, Method> extends { requestBody?: infer Given } ? Json<NonNullable<Given>> : never;

export type Query<Paths, Path, Method extends string> =
  Operation<Paths, Path, Method> extends { parameters: { query?: infer Given } } ? NonNullable<Given> : never;

type OneOf<List> = List extends readonly (infer Item)[] ? Item : never;

/** The names of the modules whose operations are the inherited ones. */
export type ModuleName<Paths> = {
  [Path in keyof Paths]: Path extends `/api/${infer Name}:watch`
    ? Name
    : Path extends `/api/${infer Name}:batch`
      ? Name
      : never;
}[keyof Paths];

/** A row, all of whose members but `id` may be missing: which are sent depends on `fields` and on who asks. */
export type RowOf<Paths, Name extends string> =
  OneOf<DataOf<Operation<Paths, `/api/${Name}`, 'get'>>> | DataOf<Operation<Paths, `/api/${Name}/{id}`, 'get'>>;

export type FieldName<Paths, Name extends string> = keyof RowOf<Paths, Name> & string;

/** A row with exactly the members that `fields` asks for: a caller who may not read one is refused. */
export type Selected<Row, Field extends string> = [Field] extends [never]
  ? Row
  : Required<Pick<Row, (Field | 'id') & keyof Row>>;

export type ListQuery<Paths, Name extends string> = Omit<Query<Paths, `/api/${Name}`, 'get'>, 'fields'>;

export interface PageOf<Row> {
  readonly data: Row[];
  readonly page: {
    /** The limit that was applied. */
    readonly limit: number;
    /** Absent on the last page. */
    readonly next_cursor?: string;
    /** With `count`: all rows that match, up to 10,000. */
    readonly total?: number;
    /** With `count`, in place of `total`, where there are more. */
    readonly total_at_least?: number;
  };
}

export type BatchOperation<Paths, Name extends string> =
  | { readonly op: 'create'; readonly body: Body<Paths, `/api/${Name}`, 'post'> }
  | (OfRow & { readonly op: 'update'; readonly body: Body<Paths, `/api/${Name}/{id}`, 'patch'> })
  | (OfRow & { readonly op: 'replace'; readonly body: Body<Paths, `/api/${Name}/{id}`, 'put'> })
  | (OfRow & { readonly op: 'delete' });

interface OfRow {
  readonly id: string;
  /** Only if the row still has this ETag. */
  readonly if_match?: string;
}

export interface BatchOutcome<Row> {
  /** Of the operation. */
  readonly index: number;
  readonly status: number;
  readonly data?: Row;
  /** Why it was not done, where the batch is not atomic. */
  readonly problem?: components['schemas']['Problem'];
}

/** `restore`, and those that the module has beside it: `POST /api/loan/{id}:return`. */
export type Verb<Paths, Name extends string> = {
  [Path in keyof Paths]: Path extends `/api/${Name}/{id}:${infer Found}`
    ? [Operation<Paths, Path, 'post'>] extends [never]
      ? never
      : Exclude<Found, 'purge'>
    : never;
}[keyof Paths];
