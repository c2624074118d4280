import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../access/caller.js';
import type { Work } from '../../database/after-commit.js';
import { whenCommitted } from '../../database/ambient.js';
import { parseEntityTags, type EntityTags } from '../../http/conditional.js';
import { DomainError, type ProblemItem } from '../../problems/domain-error.js';
import { JSON_TYPE } from '../../http/media-types.js';
import { negotiate } from '../../http/negotiation.js';
import type { Field } from '../../fields/field.js';
import { joined } from '../../query/list-parameters.js';
import { parseFields, parseListQuery } from '../../query/list-query.js';
import { FieldSet } from '../../fields/field-set.js';
import { aboutBody, queryOf } from '../search/search.body.js';
import { AfterHandler } from './after-handler.js';
import type { ModuleEndpoint } from './endpoint.js';
import { contentTypeOf, type Format } from './format.js';
import { withParameter } from './link.js';
import { unknownParameter } from './unknown-parameter.js';
import {
  checkPreconditions,
  LIST_FORMATS,
  type RequestContext,
  PlainContext,
  type EndpointContext,
} from './request-context.js';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

const NO_FIELDS = new FieldSet([]);

type Query = Readonly<Record<string, unknown>>;
type Parameters = Pick<RequestContext, 'list' | 'selection'> & { readonly dryRun: boolean };
const ONLY_JSON: readonly string[] = [JSON_TYPE];

/**
 * Reads and checks all of a request but its body, in the contract's order: negotiation, parameters, then headers that
 * set conditions. @throws DomainError naming each bad parameter or header
 */
export function contextOf(
  request: FastifyRequest & { caller: Caller; traceId: string },
  endpoint: ModuleEndpoint,
  takesChangedTags: (request: FastifyRequest) => boolean,
): EndpointContext {
  const { headers, caller, traceId } = request;
  const { formats, writes, isByQuery, kind } = endpoint;
  const offers = offersOf(endpoint);
  const format = offers.length > 1 || isByQuery ? negotiate(headers.accept, offers) : JSON_TYPE;
  const ownFormat = writes ? undefined : (formats?.find((one) => contentTypeOf(one) === format) as Format | undefined);
  const isSearch = kind === 'search';
  const fields = endpoint.resource || isSearch ? endpoint.model.fieldsFor(caller) : NO_FIELDS;
  if (isSearch) readFields(request.query as Query, fields, [], []);
  const query = isSearch ? queryOf(request.body, endpoint.parameters) : (request.query as Query);
  const read = () => {
    const own = endpoint.parameters && ownOf(query, fields, endpoint);
    const parameters = own?.others ?? parametersOf(query, fields, endpoint);
    if (format !== JSON_TYPE && (isSearch || kind === 'list')) refuseInExports(query);
    return { own: own?.values, parameters };
  };
  const { own, parameters } = isSearch ? aboutBody(read) : read();
  const asked = { format, ownFormat, parameters: own };
  return new HttpContext(request, caller, traceId, endpoint, asked, parameters, takesChangedTags);
}

/** Things that were asked for beside the kernel's own parameters. */
type Asked = Pick<EndpointContext, 'format' | 'ownFormat' | 'parameters'>;

function offersOf({ kind, formats, writes }: ModuleEndpoint): readonly string[] {
  const usual = kind === 'list' || kind === 'search' ? LIST_FORMATS : ONLY_JSON;
  return formats && !writes ? [...usual, ...formats.map(contentTypeOf)] : usual;
}

/** The handler's own parameters, and the kernel's. @throws DomainError with all that is wrong with both */
function ownOf(query: Query, fields: FieldSet, endpoint: ModuleEndpoint): { values: object; others: Parameters } {
  const own = endpoint.parameters!;
  const errors: ProblemItem[] = [];
  const values = own.read(query, errors);
  const rest = Object.fromEntries(Object.entries(query).filter(([name]) => !own.has(name)));
  try {
    const others = parametersOf(rest, fields, endpoint, JSON.stringify(values));
    if (errors.length === 0) return { values, others };
  } catch (error) {
    if (!(error instanceof DomainError) || errors.length === 0) throw error;
    errors.push(...error.errors);
  }
  const detail = errors.length === 1 ? errors[0]!.detail : `${errors.length} parameters are not valid.`;
  throw new DomainError('invalid-parameter', detail, { errors });
}

class HttpContext implements EndpointContext {
  readonly format;
  readonly ownFormat;
  readonly parameters;
  readonly list;
  readonly selection;
  readonly dryRun;
  readonly since;
  readonly ifMatch;
  readonly ifNoneMatch;
  readonly minimal: boolean;
  readonly idempotencyKey;
  keyFor: RequestContext['keyFor'];
  private readonly later = new AfterHandler();

  constructor(
    private readonly request: FastifyRequest,
    readonly caller: Caller,
    readonly traceId: string,
    readonly endpoint: ModuleEndpoint,
    asked: Asked,
    parameters: Parameters,
    private readonly takesChangedTags: (request: FastifyRequest) => boolean,
  ) {
    const { headers } = request;
    this.format = asked.format;
    this.ownFormat = asked.ownFormat;
    this.parameters = asked.parameters;
    const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
    this.list = parameters.list;
    this.selection = parameters.selection;
    this.dryRun = parameters.dryRun;
    this.ifMatch = ifMatch === undefined ? undefined : this.entityTags(ifMatch, 'if-match');
    this.ifNoneMatch = ifNoneMatch === undefined ? undefined : this.entityTags(ifNoneMatch, 'if-none-match');
    this.since = endpoint.writes ? performance.now() : undefined;
    this.minimal = endpoint.writes && headers.prefer !== undefined && prefersMinimal(headers.prefer);
    this.idempotencyKey = endpoint.writes ? idempotencyKeyOf(headers['idempotency-key']) : undefined;
  }

  checkPreconditions(etag: string | null): void {
    checkPreconditions(this, etag);
  }

  entityTags(value: string, header: string): EntityTags {
    return parseEntityTags(value, header, this.takesChangedTags(this.request));
  }

  forOther(): RequestContext {
    return new PlainContext(this.caller, this.traceId, this.since, (work) => this.later.add(work));
  }

  afterCommit(work: Work): void {
    if (!whenCommitted(work)) this.later.add(work);
  }

  succeeded(): void {
    this.later.run();
  }

  urlWith(parameter: string, value: string): string {
    return withParameter(this.request.url, parameter, value);
  }
}

/** @param own those of the handler's own, which cursors are bound to */
function parametersOf(query: Query, fields: FieldSet, endpoint: ModuleEndpoint, own = ''): Parameters {
  const { kind, model } = endpoint;
  switch (kind) {
    case 'list':
      return {
        list: parseListQuery(query, fields, `${model.name}${own}`, { guardsUrls: model.guardsUrls }),
        dryRun: false,
      };
    case 'search':
      return { list: parseListQuery(query, fields, `${model.name}${own}`), dryRun: false };
    case 'watch':
    case 'history':
      // The watch and the history check their parameters themselves.
      return { dryRun: false };
    default:
      return rowParameters(query, fields, endpoint);
  }
}

function rowParameters(query: Query, fields: FieldSet, endpoint: ModuleEndpoint): Parameters {
  const errors = endpoint.isByQuery ? faultsOfId(query.id) : [];
  const dryRun = endpoint.writes && readBoolean(query, 'dry_run', errors);
  const others = [
    ...(endpoint.writes ? ['dry_run'] : []),
    ...(endpoint.answer ? [] : ['fields']),
    ...(endpoint.isByQuery ? ['id'] : []),
  ];
  const selection = readFields(query, fields, others, errors);
  return { selection, dryRun };
}

function faultsOfId(id: unknown): ProblemItem[] {
  if (Array.isArray(id)) return [{ code: 'repeated', detail: '"id" must be given once.', parameter: 'id' }];
  return id === '' ? [{ code: 'empty', detail: '"id" must not be empty.', parameter: 'id' }] : [];
}

function readBoolean(query: Query, name: string, errors: ProblemItem[]): boolean {
  const value = query[name];
  if (value !== undefined && value !== 'true' && value !== 'false') {
    errors.push({ code: 'not-boolean', detail: `"${name}" must be true or false, once.`, parameter: name });
  }
  return value === 'true';
}

/** Reads `fields=` and refuses all that is none of `known`; throws when `errors` are not empty by then. */
function readFields(
  query: Query,
  fields: FieldSet,
  known: readonly string[],
  errors: ProblemItem[],
): readonly Field[] | undefined {
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  errors.push(...unknown.map(unknownParameter));
  let selection: readonly Field[] | undefined;
  if (query.fields !== undefined && known.includes('fields')) {
    try {
      selection = parseFields(joined(query.fields) as string, fields);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      errors.push(...error.errors);
    }
  }
  if (errors.length === 0) return selection;
  const code = errors.length === unknown.length ? 'unknown-parameter' : 'invalid-parameter';
  throw new DomainError(code, errors.length === 1 ? errors[0]!.detail : `${errors.length} parameters are not valid.`, {
    errors,
  });
}

/** A stream is the whole result: a page's size or count asked of it would be dropped silently. */
function refuseInExports(query: Query): void {
  const errors = ['limit', 'count']
    .filter((name) => Object.hasOwn(query, name))
    .map((parameter) => ({
      code: 'not-in-stream',
      detail: `"${parameter}" does not go with a stream of all rows.`,
      parameter,
    }));
  if (errors.length > 0) throw new DomainError('invalid-parameter', errors[0]!.detail, { errors });
}

/** RFC 7240: preferences that are unknown or malformed are ignored. */
function prefersMinimal(prefer: string | string[]): boolean {
  return String(prefer)
    .split(',')
    .some((preference) => /^\s*return\s*=\s*"?minimal"?\s*(;|$)/i.test(preference));
}

function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && IDEMPOTENCY_KEY.test(header)) return header;
  const detail = 'Idempotency-Key must be 1 to 255 visible ASCII characters, given once.';
  const errors = [{ code: 'malformed', detail, header: 'idempotency-key' }];
  throw new DomainError('invalid-parameter', detail, { errors });
}
