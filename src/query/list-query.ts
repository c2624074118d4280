import type { CrudEntity } from '../rows/crud.entity.js';
import type { Field } from '../fields/field.js';
import { decodeCursor, encodeCursor, fingerprintOf } from './cursor.js';
import type { FieldSet } from '../fields/field-set.js';
import { settle, spell, type Condition } from './condition.js';
import { parseFilter } from './filter.parser.js';
import { badParameter, LIST_PARAMETERS, ParameterReader, type ListParameter } from './list-parameters.js';
import type { PositionValue } from './keyset.js';
import { fieldsIn, refusePersonal } from './personal.js';
import { parseSort, type SortKey } from './sort.js';

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 200;

/** The checked parameters of a list. */
export interface ListQuery {
  readonly limit: number;
  readonly sort: readonly SortKey[];
  readonly fields: readonly Field[];
  /** All columns that have to be read to answer: fields, sort keys, id. */
  readonly columns: readonly string[];
  readonly count: boolean;
  readonly includeDeleted: boolean;
  readonly filter?: Condition | undefined;
  readonly after?: readonly PositionValue[] | undefined;
  /** Whether it reads more of an answer that has begun. */
  readonly hasBegun?: boolean;
  /** The digest of the query by which a cursor is bound to it. */
  readonly fingerprint: string;
}

/** Rows of a list, and whether others come after them: there may be fewer than asked for, and yet others. */
export interface Part<E> {
  readonly rows: E[];
  readonly hasMore: boolean;
}

/** Parameters that a cursor is bound to. */
const SHAPING = ['sort', 'fields', 'include_deleted', 'filter'] as const;

/** Parameters of queries that are remembered once they are checked. A filter is none of them: it has values in it. */
const KEPT_PARAMETERS: ReadonlySet<string> = new Set(LIST_PARAMETERS.filter((name) => name !== 'filter'));
const KEPT_QUERIES = 200;
const LONGEST_KEY = 500;
const kept = new WeakMap<FieldSet, Map<string, ListQuery>>();

/** Rules of one list about its parameters. */
export interface ListRules {
  /** Parameters that this list does not have. */
  readonly without?: readonly ListParameter[];
  /** Filters and sorts by personal fields are refused: the parameters stand in an address. */
  readonly guardsUrls?: boolean;
}

/**
 * @param of what is listed: the cursors of another list are refused
 * @throws DomainError with every bad parameter at once
 */
export function parseListQuery(
  raw: Readonly<Record<string, unknown>>,
  fields: FieldSet,
  of = '',
  rules: ListRules = {},
): ListQuery {
  const key = keyOf(raw, of, rules);
  if (key === undefined) return parse(raw, fields, of, rules);
  let known = kept.get(fields);
  if (!known) kept.set(fields, (known = new Map<string, ListQuery>()));
  const query = known.get(key);
  if (query)
    return raw.cursor === undefined
      ? query
      : { ...query, after: decodeCursor(raw.cursor as string, query.fingerprint, query.sort) };
  const parsed = parse(raw, fields, of, rules);
  if (known.size >= KEPT_QUERIES) known.delete(known.keys().next().value!);
  known.set(key, { ...parsed, after: undefined });
  return parsed;
}

/** Undefined for what is not worth keeping, or is sure to be refused. */
function keyOf(
  raw: Readonly<Record<string, unknown>>,
  of: string,
  { without = [], guardsUrls = false }: ListRules,
): string | undefined {
  let key = `${of} ${without.join()} ${guardsUrls}`;
  for (const name in raw) {
    const value = raw[name];
    if (typeof value !== 'string' || !KEPT_PARAMETERS.has(name)) return undefined;
    // With its length: no value can be taken for several.
    if (name !== 'cursor') key += `${name}=${value.length}:${value}`;
  }
  return key.length > LONGEST_KEY ? undefined : key;
}

function parse(
  raw: Readonly<Record<string, unknown>>,
  fields: FieldSet,
  of: string,
  { without = [], guardsUrls = false }: ListRules,
): ListQuery {
  const reader = new ParameterReader(raw, without);
  reader.refuseUnknown();
  const limit = reader.read('limit', parseLimit) ?? DEFAULT_LIMIT;
  const count = reader.read('count', parseBoolean('count')) ?? false;
  const includeDeleted = reader.read('include_deleted', parseBoolean('include_deleted')) ?? false;
  const sort = reader.read('sort', (value) => parseSort(value, fields)) ?? parseSort(undefined, fields);
  const selected = reader.read('fields', (value) => parseFields(value, fields)) ?? fields.shown();
  const filter = reader.read('filter', (value) => settle(parseFilter(value), fields));
  if (guardsUrls) {
    reader.attempt(() =>
      refusePersonal(
        'sort',
        sort.map(({ field }) => field),
      ),
    );
    if (filter) reader.attempt(() => refusePersonal('filter', fieldsIn(filter)));
  }
  const spelling = [
    sort.map(({ field, descending }) => `${descending ? '-' : ''}${field.name}`),
    selected.map(({ name }) => name),
  ];
  const fingerprint = fingerprintOf([of, ...spelling.map(String), String(includeDeleted), filter ? spell(filter) : '']);
  // A cursor can only be judged by a query that is whole.
  const whole = !SHAPING.some((name) => reader.isBad(name));
  const after = reader.read('cursor', (value) => (whole ? decodeCursor(value, fingerprint, sort) : undefined));
  reader.finish();
  const columns = [
    ...new Set(['id', ...selected.flatMap((field) => field.columns), ...sort.map(({ field }) => field.name)]),
  ];
  return { limit, sort, fields: selected, columns, count, includeDeleted, filter, after, fingerprint };
}

/** `fields=id,name,etag`: the fields in the order asked for; `id` is always there. @throws DomainError `invalid-parameter` */
export function parseFields(value: string, fields: FieldSet): Field[] {
  const selected = value.split(',').map((name) => {
    const field = fields.find(name);
    if (!field)
      throw badParameter('fields', 'unknown-field', `There is no field "${name.slice(0, 64).toWellFormed()}".`);
    return field;
  });
  const id = fields.find('id')!;
  return [...new Set(selected.includes(id) ? selected : [id, ...selected])];
}

export function nextCursor(query: ListQuery, row: CrudEntity): string {
  return encodeCursor(query.fingerprint, positionOf(query, row));
}

/** The same query, after `row`, for the same answer. */
export function followingPage(query: ListQuery, row: CrudEntity): ListQuery {
  return { ...query, after: positionOf(query, row), hasBegun: true };
}

function positionOf({ sort }: ListQuery, row: CrudEntity): PositionValue[] {
  return sort.map(({ field }) => row[field.name as keyof CrudEntity] as PositionValue);
}

function parseLimit(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) === 0) {
    throw badParameter('limit', 'not-positive', '"limit" must be a positive integer.');
  }
  return Math.min(Number(value), MAX_LIMIT);
}

function parseBoolean(name: string): (value: string) => boolean {
  return (value) => {
    if (value !== 'true' && value !== 'false')
      throw badParameter(name, 'not-boolean', `"${name}" must be true or false.`);
    return value === 'true';
  };
}
