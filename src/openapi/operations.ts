import type { Type } from '@nestjs/common';
import type { OpenAPIV3_1 } from 'openapi-types';
import type { Op } from '../crud/batch/batch.request.js';
import type { CrudModel } from '../crud/crud.model.js';
import { verbOf, type Endpoint, type EndpointKind } from '../crud/endpoints/endpoint.js';
import { CHANGE_FIELDS } from '../changes/change.fields.js';
import { derivedRules } from '../fields/bodies.js';
import { DeferredBody } from '../fields/body.pipe.js';
import { readersOf } from '../crud/endpoints/format.js';
import type { OwnSchemas } from './own-schemas.js';
import { fieldsParameter, filterParameter, listParametersOf, ownParameters, sortParameter } from './parameters.js';
import { problemResponses, STAGE_HEADERS } from './problems.js';
import { batchSchemaName, envelope, reference, schemaName, searchSchema } from './schemas.js';

type Parameter = OpenAPIV3_1.ParameterObject | OpenAPIV3_1.ReferenceObject;
type Responses = OpenAPIV3_1.ResponsesObject;

export const parameter = (name: string): OpenAPIV3_1.ReferenceObject => ({ $ref: `#/components/parameters/${name}` });
export const header = (name: string): OpenAPIV3_1.ReferenceObject => ({ $ref: `#/components/headers/${name}` });

export const ALWAYS = [
  'unauthenticated',
  'forbidden',
  'rate-limited',
  'misdirected-request',
  'overloaded',
  'issuer-unavailable',
  'invalid-parameter',
  'unknown-parameter',
  'not-acceptable',
  'uri-too-long',
  'headers-too-large',
  'request-timeout',
  'internal-error',
  'database-unavailable',
  'database-busy',
  'database-timeout',
  'schema-differs',
];
const WRITES = [
  ...ALWAYS,
  'idempotency-in-flight',
  'idempotency-key-reused',
  'answer-too-large',
  'read-only',
  'commit-outcome-unknown',
  'storage-full',
  'storage-budget-spent',
];
export const BODY = [
  'invalid-json',
  'json-too-deep',
  'content-too-large',
  'unsupported-media-type',
  'validation-failed',
  'value-out-of-range',
];
/** Problems of bodies that are not JSON. */
const DOCUMENT = ['invalid-text', 'malformed-document'];
const ROW = ['not-found', 'precondition-failed', 'weak-entity-tag'];

const PROBLEMS: Readonly<Record<EndpointKind, readonly string[]>> = {
  read: [...ALWAYS, 'not-found'],
  list: [...ALWAYS, 'invalid-filter', 'invalid-cursor', 'not-found'],
  search: [...ALWAYS, ...BODY, 'invalid-filter', 'invalid-cursor'],
  create: [...WRITES, ...BODY, 'already-exists'],
  update: [...WRITES, ...BODY, ...ROW, 'already-exists'],
  replace: [...WRITES, ...BODY, 'precondition-failed', 'weak-entity-tag', 'already-exists'],
  remove: [...WRITES, ...ROW],
  restore: [...WRITES, ...ROW, 'not-deleted', 'already-exists'],
  batch: [...WRITES, ...BODY, ...ROW, 'already-exists'],
  watch: [...ALWAYS, 'invalid-filter', 'position-expired', 'shutting-down'],
  history: [...ALWAYS, 'not-found', 'invalid-filter', 'invalid-cursor'],
  purge: [...WRITES, ...ROW, 'not-deleted', 'still-referenced'],
  action: [...WRITES, ...ROW, 'conflict', 'already-exists', 'validation-failed'],
};

const EVENTS =
  'Server-sent events: `id` is the position, `event` is created, updated, deleted, restored, erased or bookmark, `data` is a CloudEvents 1.0 envelope around the row. A comment comes every 15 s, a bookmark at least every minute.';

/** The scope that a caller needs, as OpenAPI 3.1 has it for bearer credentials. */
export const needs = (scope: string) => [{ bearer: [scope] }];

/** The endpoints that a module has: its controllers may go without some. */
export interface Offered {
  /** Operations of its batches. */
  readonly ops: readonly Op[];
  readonly has: (kind: EndpointKind) => boolean;
}

/** Describes one endpoint of one module. */
export function operation(
  endpoint: Endpoint,
  model: CrudModel,
  { ops, has }: Offered,
  schemas: OwnSchemas,
): OpenAPIV3_1.OperationObject {
  const { kind, answer } = endpoint;
  const own = ownBodyOf(endpoint);
  const isSearch = kind === 'search';
  const body = own
    ? schemas.requestBody(own)
    : isSearch
      ? searchBody(endpoint.parameters)
      : requestBody(endpoint, schemaName(model.name), batchSchemaName(model.name, ops));
  return {
    tags: [model.name],
    ...(model.stage.level === 'deprecated' && { deprecated: true }),
    operationId: [kind === 'action' ? endpoint.verb! : kind, model.name].join('_'),
    summary: summaryOf(endpoint, model.name, has),
    ...(kind === 'list' && { description: aboutList(model.name, has) }),
    ...(isSearch && { description: aboutSearch(model) }),
    security: needs(`${model.name}:${verbOf(endpoint)}`),
    parameters: [
      ...parameters(kind, model).filter((one) => !answer || !('name' in one) || one.name !== 'fields'),
      ...(endpoint.parameters && !isSearch ? ownParameters(endpoint.parameters) : []),
    ],
    ...(body && { requestBody: body }),
    responses: {
      ...withStage(answer ? ownAnswer(schemas.answerOf(answer)) : successesOf(endpoint, model), model),
      ...problemResponses([
        ...new Set([
          ...problemsOf(kind, model),
          ...(own ? BODY : []),
          ...(takesDocuments(endpoint) ? DOCUMENT : []),
          ...(endpoint.problems ?? []),
        ]),
      ]),
    },
  };
}

function takesDocuments({ writes, formats = [] }: Endpoint): boolean {
  return writes && readersOf(formats).size > 0;
}

/** The class of a body that is not derived from the resource. */
function ownBodyOf({ body }: Endpoint): Type<unknown> | undefined {
  return !body || body.prototype instanceof DeferredBody || derivedRules(body) ? undefined : body;
}

function ownAnswer(data: OpenAPIV3_1.SchemaObject): Record<string, OpenAPIV3_1.ResponseObject> {
  const headers = { 'Idempotency-Replayed': header('IdempotencyReplayed') };
  return { 200: { description: 'Done.', headers, content: { 'application/json': { schema: envelope(data) } } } };
}

/** With the representations of the module's own. */
function successesOf(
  { kind, writes, formats = [] }: Endpoint,
  { name }: CrudModel,
): Record<string, OpenAPIV3_1.ResponseObject> {
  const responses = successes(kind, schemaName(name));
  for (const { type } of writes ? [] : formats) responses['200']!.content![type] = { schema: { type: 'string' } };
  return responses;
}

/**
 * Describes a list, and the read by id in words: as a parameter it would give the list two kinds of answers, which typed clients
 * could not tell apart.
 */
function aboutList(name: string, has: Offered['has']): string {
  const stream = 'A stream has all rows: it takes no `limit`.';
  if (!has('read')) return stream;
  return `With \`?id={id}\`, which only \`fields\` goes with, it is another way to read one row, and answers as \`GET /api/${name}/{id}\` does: \`{"data": {…}, "status": "success"}\` with an ETag, 304, or 404. ${stream}`;
}

/** Describes what a search takes beyond a list, which is what it is for. */
function aboutSearch({ name, fields, guardsUrls }: CrudModel): string {
  const about = `As \`GET /api/${name}\`, with its parameters in a body and not in an address. The next page is the same body with \`cursor\`.`;
  const personal = fields.all.filter((field) => field.personal && (field.sortable || field.filterable.length > 0));
  if (!guardsUrls || personal.length === 0) return about;
  const rows = personal.map(
    ({ name: field, type, filterable, sortable }) =>
      `| \`${field}\` | ${type} | ${filterable.join(', ')} | ${sortable ? 'yes' : 'no'} |`,
  );
  return `${about} Only here personal fields may be filtered and sorted by:

| field | type | operators | sort |
|---|---|---|---|
${rows.join('\n')}`;
}

function summaryOf({ kind, verb, summary }: Endpoint, name: string, has: Offered['has']): string {
  if (summary !== undefined) return summary;
  const summaries: Record<EndpointKind, string> = {
    read: `Read one ${name}`,
    list: `List ${name}s`,
    search: `List ${name}s by a query in the body`,
    create: `Make a ${name}`,
    update: `Change some members of a ${name}`,
    replace: `Replace a ${name}, or make one under an id of yours`,
    remove: `Delete a ${name}${has('restore') ? '; it can be restored' : ''}`,
    restore: `Bring a deleted ${name} back`,
    batch: `Up to 100 operations in one request`,
    watch: `Watch changes as they happen`,
    history: `Who changed a ${name}, when, and how`,
    purge: `Remove a deleted ${name} for good, and its values from its history`,
    action: `${verb ?? ''} a ${name}`,
  };
  return summaries[kind];
}

function parameters(kind: EndpointKind, model: CrudModel): Parameter[] {
  const fields = fieldsParameter(model);
  const trace = parameter('traceparent');
  const write = ['dry_run', 'IdempotencyKey', 'Prefer'].map(parameter);
  const id = parameter('id');
  switch (kind) {
    case 'read':
      return [id, fields, parameter('IfNoneMatch'), trace];
    case 'list':
      return [
        ...['limit', 'cursor', 'count', 'include_deleted'].map(parameter),
        sortParameter(model),
        fields,
        filterParameter(model),
        trace,
      ];
    case 'search':
      return [trace];
    case 'create':
      return [fields, ...write, trace];
    case 'replace':
      return [id, fields, ...write, parameter('IfMatch'), parameter('IfNoneMatchAny'), trace];
    case 'update':
    case 'restore':
    case 'action':
      return [id, fields, ...write, parameter('IfMatch'), trace];
    case 'remove':
    case 'purge':
      return [id, parameter('dry_run'), parameter('IdempotencyKey'), parameter('IfMatch'), trace];
    case 'watch':
      return [...['after', 'initial', 'LastEventId'].map(parameter), filterParameter(model), trace];
    case 'history':
      return [id, ...['limit', 'cursor'].map(parameter), ...listParametersOf(CHANGE_FIELDS), trace];
    case 'batch':
      return [parameter('dry_run'), parameter('IdempotencyKey'), trace];
  }
}

const CONDITIONAL: readonly EndpointKind[] = ['update', 'replace', 'remove', 'restore', 'action'];

/** Endpoints without an id in their paths. */
const OF_MANY: readonly EndpointKind[] = ['list', 'search', 'create', 'batch', 'watch'];

function problemsOf(kind: EndpointKind, { requiresIfMatch, stage, guardsUrls }: CrudModel): readonly string[] {
  return [
    ...PROBLEMS[kind],
    ...(guardsUrls && (kind === 'list' || kind === 'watch') ? ['personal-in-url'] : []),
    ...(requiresIfMatch && CONDITIONAL.includes(kind) ? ['precondition-required'] : []),
    // A text that can be no id makes another path; and an alpha module is only there for some.
    ...(!OF_MANY.includes(kind) || stage.level === 'alpha' ? ['route-not-found'] : []),
  ];
}

/** Adds the headers that a deprecated module sends with each answer. */
function withStage(responses: Record<string, OpenAPIV3_1.ResponseObject>, { stage }: CrudModel): Responses {
  if (stage.level !== 'deprecated') return responses;
  const said = { ...STAGE_HEADERS, Link: header('Link') };
  return Object.fromEntries(
    Object.entries(responses).map(([status, one]) => [status, { ...one, headers: { ...one.headers, ...said } }]),
  );
}

function searchBody(own: Endpoint['parameters']): OpenAPIV3_1.RequestBodyObject {
  return { required: true, content: { 'application/json': { schema: own ? searchSchema(own) : reference('Search') } } };
}

function requestBody(
  { kind, formats = [] }: Endpoint,
  name: string,
  batch: string,
): OpenAPIV3_1.RequestBodyObject | undefined {
  const content = (schema: string, ...types: string[]) => ({
    required: true,
    content: Object.fromEntries(types.map((type) => [type, { schema: reference(schema) }])),
  });
  if (kind === 'create' || kind === 'replace') {
    const body = content(`Create${name}`, 'application/json');
    for (const type of readersOf(formats).keys())
      Object.assign(body.content, { [type]: { schema: { type: 'string' } } });
    return body;
  }
  if (kind === 'update') return content(`Update${name}`, 'application/merge-patch+json', 'application/json');
  return kind === 'batch' ? content(batch, 'application/json') : undefined;
}

function successes(kind: EndpointKind, name: string): Record<string, OpenAPIV3_1.ResponseObject> {
  const row = { 'application/json': { schema: envelope(reference(name)) } };
  const etag = { ETag: header('ETag') };
  const replayed = { 'Idempotency-Replayed': header('IdempotencyReplayed') };
  const applied = { 'Preference-Applied': header('PreferenceApplied') };
  const unchanged = { 304: { description: 'The row still has an ETag of If-None-Match.', headers: etag } };
  const ok = {
    200: { description: 'The row as it is now.', headers: { ...etag, ...replayed, ...applied }, content: row },
  };
  const minimal = { 204: { description: 'Done; no body was wanted.', headers: { ...etag, ...replayed, ...applied } } };
  const created = {
    201: {
      description: 'Made. With `Prefer: return=minimal` there is no body, and `Preference-Applied` says so.',
      headers: { ...etag, Location: header('Location'), ...replayed, ...applied },
      content: row,
    },
  };
  const outcomes = (description: string) => ({
    description,
    headers: replayed,
    content: { 'application/json': { schema: envelope({ type: 'array', items: reference('BatchOutcome') }) } },
  });
  switch (kind) {
    case 'read':
      return { 200: { description: 'The row.', headers: etag, content: row }, ...unchanged };
    case 'list':
      return {
        200: {
          description: 'A page, or a stream of all rows, by Accept.',
          headers: { Link: header('Link'), 'Content-Disposition': header('ContentDisposition'), ...etag },
          content: listContent(name),
        },
        ...unchanged,
      };
    case 'search': {
      const headers = { 'Content-Disposition': header('ContentDisposition') };
      return { 200: { description: 'As of the list, without a Link.', headers, content: listContent(name) } };
    }
    case 'create':
      return created;
    case 'replace':
      return { ...ok, ...created, ...minimal };
    case 'remove':
      return { 204: { description: 'Deleted.', headers: replayed } };
    case 'purge':
      return { 204: { description: 'Gone.', headers: replayed } };
    case 'watch':
      return { 200: { description: EVENTS, content: { 'text/event-stream': { schema: { type: 'string' } } } } };
    case 'history':
      return { 200: changesPage('Its changes, newest first.') };
    case 'batch':
      return {
        200: outcomes('All was done, in order (atomic).'),
        207: outcomes('How each operation went (not atomic).'),
      };
    default:
      return { ...ok, ...minimal };
  }
}

function listContent(name: string): Record<string, OpenAPIV3_1.MediaTypeObject> {
  const page = envelope(
    { type: 'array', items: reference(name) },
    { page: reference('Page') as OpenAPIV3_1.SchemaObject },
  );
  return {
    'application/json': { schema: page },
    'application/x-ndjson': { schema: { type: 'string', description: 'One row a line, all of them.' } },
    'text/csv': {
      schema: {
        type: 'string',
        description:
          'RFC 4180 with a line of names. Text has an apostrophe before each sign (`=`, `+`, `-`, `@`, also full-width) that begins it or stands after a `;`, comma, `|`, tab or line end in it: a spreadsheet would run it. Numbers stay as they are.',
      },
    },
  };
}

/** `GET /api/changes`, which is of no module. */
export function auditOperation(): OpenAPIV3_1.OperationObject {
  const shared = ['limit', 'cursor', 'traceparent'].map(parameter);
  return {
    tags: ['changes'],
    operationId: 'audit',
    summary: 'Every change of every module, newest first',
    security: needs('changes:audit'),
    parameters: [...shared, ...listParametersOf(CHANGE_FIELDS)],
    responses: {
      200: changesPage('The changes.'),
      ...problemResponses([...ALWAYS, 'invalid-filter', 'invalid-cursor']),
    },
  };
}

function changesPage(description: string): OpenAPIV3_1.ResponseObject {
  const page = { page: reference('Page') as OpenAPIV3_1.SchemaObject };
  const schema = envelope({ type: 'array', items: reference('Change') }, page);
  return { description, headers: { Link: header('Link') }, content: { 'application/json': { schema } } };
}
