import type { OpenAPIV3_1 } from 'openapi-types';
import type { FieldSet } from '../fields/field-set.js';
import type { OwnParameters } from '../fields/own-parameters.js';
import { memberSchema } from './schemas.js';

type Parameter = OpenAPIV3_1.ParameterObject;
type Header = OpenAPIV3_1.HeaderObject;
type Schema = NonNullable<Parameter['schema']>;

const header = (name: string, description: string, schema: Schema = { type: 'string' }): Parameter => ({
  name,
  in: 'header',
  description,
  schema,
});
const query = (name: string, description: string, schema: Schema): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});
const BOOLEAN: Schema = { type: 'boolean', default: false };

/** Parameters that do not depend on the module: `components.parameters`. */
export const SHARED_PARAMETERS: Record<string, Parameter> = {
  id: {
    name: 'id',
    in: 'path',
    required: true,
    description: 'The id of a row, compared exactly.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._~-]{0,35}$' },
  },
  dry_run: query('dry_run', 'Check everything, answer as if it were done, and keep nothing.', BOOLEAN),
  limit: query('limit', 'Rows on a page. More than 200 is taken for 200.', {
    type: 'integer',
    minimum: 1,
    default: 50,
  }),
  cursor: query(
    'cursor',
    'Where the page begins: `page.next_cursor` of the one before, with the same query but for `limit`.',
    { type: 'string', pattern: '^[A-Za-z0-9_-]+$' },
  ),
  count: query('count', 'Count the rows that match, exactly up to 10,000. Not with a stream.', BOOLEAN),
  include_deleted: query('include_deleted', 'Soft-deleted rows too.', BOOLEAN),
  after: query('after', 'The position to go on after, as an event gave it. Without it: from now on.', {
    type: 'string',
  }),
  initial: query(
    'initial',
    'First the rows that match now, as `created`, then a bookmark, then what changes.',
    BOOLEAN,
  ),
  LastEventId: header('Last-Event-ID', 'As `after`, and wins over it: what an EventSource sends when it reconnects.'),
  IfMatch: header(
    'If-Match',
    'Only if the row still has this ETag (or one of several); otherwise 412. Compared in the database, atomically.',
  ),
  IfNoneMatch: header('If-None-Match', 'ETags that the caller has: 304 if the row still has one of them.'),
  IfNoneMatchAny: header('If-None-Match', '`*`: only if there is no row with this id; otherwise 412.'),
  IdempotencyKey: header(
    'Idempotency-Key',
    'Any text of the client for this one request, kept for 24 h: the same request again gets the first answer.',
    { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]*$' },
  ),
  Prefer: header(
    'Prefer',
    '`return=minimal`: an answer without a body, 201 or 204, and `Preference-Applied`. Others are ignored. An idempotency key keeps the answer that was given first: `Prefer` is no part of what makes two requests the same.',
  ),
  traceparent: header('traceparent', "W3C Trace Context: the caller's trace id, which is in problems and logs."),
};

/** `components.headers`. */
export const SHARED_HEADERS: Record<string, Header> = {
  ETag: { description: 'A strong, opaque tag that changes with every change of the row.', schema: { type: 'string' } },
  Location: { description: 'Where the new row is.', schema: { type: 'string' } },
  Link: { description: '`rel="next"`: the next page, where there is one.', schema: { type: 'string' } },
  PreferenceApplied: {
    description: '`return=minimal`: `Prefer` was followed, and there is no body, whatever the status.',
    schema: { type: 'string' },
  },
  IdempotencyReplayed: { description: '`true`: the stored answer of the first request.', schema: { type: 'string' } },
  Allow: { description: 'The methods that the path takes.', schema: { type: 'string' } },
  RetryAfter: { description: 'Seconds to wait before the next try.', schema: { type: 'integer' } },
  WwwAuthenticate: {
    description: 'Which credentials are taken, or which scope is missing (RFC 6750).',
    schema: { type: 'string' },
  },
  RateLimit: { description: 'What is left of the budget, and for how long.', schema: { type: 'string' } },
  RateLimitPolicy: { description: 'The budget: requests and seconds.', schema: { type: 'string' } },
  ContentDisposition: {
    description: 'Of a stream: the name of the file that it becomes where it is kept.',
    schema: { type: 'string' },
  },
  Deprecation: { description: 'Since when the module is deprecated (RFC 9745).', schema: { type: 'string' } },
  Sunset: { description: 'When the module goes away (RFC 8594).', schema: { type: 'string' } },
  AcceptPatch: { description: 'The types that PATCH takes.', schema: { type: 'string' } },
};

/** Parameters that a handler declares by a class of its own. */
export function ownParameters({ fields }: OwnParameters): Parameter[] {
  return fields.map((field) => {
    const {
      description,
      type: kind,
      ...schema
    } = memberSchema({ ...field, nullable: false }) as Record<string, unknown>;
    return {
      name: field.name,
      in: 'query',
      ...(field.required && { required: true }),
      ...(description !== undefined && { description: description as string }),
      schema: { type: kind, ...schema } as Schema,
      ...(kind === 'array' && { style: 'form', explode: false }),
    };
  });
}

const LISTS = 'With commas between, or the parameter once for each.';

interface Fields {
  readonly fields: FieldSet;
  /** Personal fields are not for URLs. */
  readonly guardsUrls?: boolean;
}

/** `sort`, `fields` and `filter` of a list of such fields. */
export function listParametersOf(fields: FieldSet): Parameter[] {
  return [sortParameter, fieldsParameter, filterParameter].map((make) => make({ fields }));
}

/** `fields=` with the fields of a module. */
export function fieldsParameter({ fields }: Fields): Parameter {
  const names = fields.all.map(({ name }) => name);
  return {
    ...query(
      'fields',
      `The members to send; \`id\` is always there. Without it: ${fields
        .shown()
        .map(({ name }) => name)
        .join(', ')}. ${LISTS}`,
      {
        type: 'array',
        minItems: 1,
        items: { type: 'string', enum: names },
      },
    ),
    style: 'form',
    explode: false,
  };
}

export function sortParameter({ fields, guardsUrls }: Fields): Parameter {
  const names = fields.all
    .filter(({ sortable, personal }) => sortable && !(guardsUrls && personal))
    .map(({ name }) => name);
  return {
    ...query(
      'sort',
      `At most three fields, each once, \`-\` before one for descending order; \`id\` breaks ties. ${LISTS}`,
      {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string', enum: names.flatMap((name) => [name, `-${name}`]) },
        maxItems: 3,
      },
    ),
    style: 'form',
    explode: false,
  };
}

export function filterParameter({ fields, guardsUrls }: Fields): Parameter {
  const rows = fields.all
    .filter(({ filterable, personal }) => filterable.length > 0 && !(guardsUrls && personal))
    .map(({ name, type, filterable }) => `| \`${name}\` | ${type} | ${filterable.join(', ')} |`);
  const description = `A condition on the rows.

| field | type | operators |
|---|---|---|
${rows.join('\n')}

\`field op value\` with eq, ne, gt, ge, lt, le; \`field in (a, b)\`; \`contains(field, 'text')\`; \`startswith(field, 'text')\`; \`endswith(field, 'text')\`; combined
by \`and\`, \`or\`, \`not\` and parentheses. Values are \`'text'\` (a quote is doubled), numbers, \`true\`, \`false\`, \`null\`. Null matches
\`eq null\` and nothing else. Text is compared exactly; \`casei(field)\` in the place of a field compares without regard to case (Unicode's
simple case folding: É is é, ß is not ss), has no order, and takes at most 64 different letters. Any number and any RFC 3339 date-time (cut to milliseconds) may be compared with. At most 1,024 characters, 20 conditions, 5 levels, 50 values in a list.`;
  const time = fields.all.find(({ type, filterable }) => type === 'timestamp' && filterable.includes('ge'))!.name;
  return {
    ...query('filter', description, { type: 'string', maxLength: 1024 }),
    example: `${time} ge '2026-01-01T00:00:00Z' and not (${time} ge '2100-01-01T00:00:00Z')`,
  };
}
