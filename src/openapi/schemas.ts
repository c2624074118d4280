import type { OpenAPIV3_1 } from 'openapi-types';
import { OPS, type Op } from '../crud/batch/batch.request.js';
import type { CrudModel } from '../crud/crud.model.js';
import { CLAIMS_SCHEMA } from '../access/keys/claims.js';
import { SCOPE } from '../access/keys/api-key.dto.js';
import type { Field } from '../fields/field.js';
import { FIELD_TYPES } from '../fields/types/types.js';

type Schema = OpenAPIV3_1.SchemaObject;

const CLAIMS: object = CLAIMS_SCHEMA;

/** `resource` → `Resource`: the name of a module's schema. */
export function schemaName(module: string): string {
  return module.replaceAll(/(^|-)(.)/g, (_match, _dash: string, letter: string) => letter.toUpperCase());
}

export function reference(name: string): OpenAPIV3_1.ReferenceObject {
  return { $ref: `#/components/schemas/${name}` };
}

/**
 * A module's representation and the bodies of its writes, from its field contract.
 * @param ops of its batches
 */
export function moduleSchemas(model: CrudModel, ops: readonly Op[]): Record<string, Schema> {
  const name = schemaName(model.name);
  const { all } = model.fields;
  const writable = all.filter((field) => field.writable !== false);
  return {
    [name]: object(all, all.slice(0, 1), membersOf(model)),
    [`Create${name}`]: object(
      writable,
      writable.filter(({ required }) => required),
      'The body of POST and PUT. Other members are refused.',
    ),
    [`Update${name}`]: object(
      all.filter(({ writable: is }) => is === true),
      [],
      'A JSON Merge Patch (RFC 7396): members that are not there stay as they are, null empties a member that may be empty.',
    ),
    ...(ops.length < OPS.length && { [batchSchemaName(model.name, ops)]: batchOf(oneOf(ops)) }),
  };
}

/** A module that goes without an operation has a schema of its own: the shared one would promise it. */
export function batchSchemaName(module: string, ops: readonly Op[]): string {
  return ops.length < OPS.length ? `${schemaName(module)}Batch` : 'Batch';
}

/** Which members an answer has depends on the request, so that only the id can be required of it. */
function membersOf({ fields }: CrudModel): string {
  const names = (of: readonly Field[]) => of.map(({ name }) => `\`${name}\``).join(', ');
  const usual = names(fields.shown().filter(({ readable }) => readable === true));
  const others = names(fields.all.filter(({ shown }) => !shown));
  return `Without \`fields=\` it always has ${usual}; with it \`id\` and the members that it names. ${others} only come when they are named.`;
}

function object(fields: readonly Field[], required: readonly Field[], description: string): Schema {
  return {
    type: 'object',
    description,
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    ...(required.length > 0 && { required: required.map(({ name }) => name) }),
    additionalProperties: false,
  };
}

/** A member of a class that is no resource: a body, an answer or the parameters of a route of a module's own. */
export function memberSchema(field: Field): Schema {
  return fieldSchema({ ...field, writable: true });
}

/** Limits that a client need not know of what it can't write. */
const LIMITS = ['maxLength', 'minimum', 'maximum'] as const;

function fieldSchema({ type, options, nullable, default: value, readable, writable }: Field): Schema {
  const schema = { ...FIELD_TYPES[type].schema(options) } as Schema & { type?: string; enum?: unknown[] };
  if (writable === false)
    for (const limit of LIMITS) if (options[limit] === undefined) Reflect.deleteProperty(schema, limit);
  const { description, example } = options;
  const secret = typeof readable === 'string' ? ` Only callers with the scope \`${readable}\` see it.` : '';
  return {
    ...schema,
    ...(nullable && schema.type !== undefined && { type: [schema.type, 'null'] }),
    ...(nullable && schema.enum && { enum: [...schema.enum, null] }),
    ...(value !== null && { default: value }),
    ...(description || secret ? { description: `${description ?? ''}${secret}`.trim() } : {}),
    ...(example !== undefined && { examples: [example] }),
    ...(writable === false && { readOnly: true }),
    ...(readable === false && { writeOnly: true }),
  } as Schema;
}

/** `{data, status}` around a schema, as every success has it. */
export function envelope(data: Schema | OpenAPIV3_1.ReferenceObject, more: Record<string, Schema> = {}): Schema {
  return {
    type: 'object',
    properties: { data, ...more, status: { type: 'string', const: 'success' } as Schema },
    required: ['data', ...Object.keys(more), 'status'],
    additionalProperties: false,
  };
}

const ROW_ID: Schema = { type: 'string', description: 'Of the row.' };
const IF_MATCH: Schema = {
  type: 'string',
  description: 'As the header If-Match.',
  examples: ['"1-261124023736123"'],
};

function batchOf(operation: OpenAPIV3_1.ReferenceObject | Schema): Schema {
  return {
    type: 'object',
    properties: {
      atomic: { type: 'boolean', default: true, description: 'All or none. False: each operation on its own.' },
      operations: { type: 'array', minItems: 1, maxItems: 100, items: operation },
    },
    required: ['operations'],
    additionalProperties: false,
  };
}

function oneOf(ops: readonly Op[]): Schema {
  const schemas = ops.map((op) => reference(`Batch${schemaName(op)}`));
  const mapping = Object.fromEntries(ops.map((op, n) => [op, schemas[n]!.$ref]));
  return { oneOf: schemas, discriminator: { propertyName: 'op', mapping } };
}

function batchOperation(op: string, members: Record<string, Schema>): Schema {
  return {
    type: 'object',
    properties: { op: { type: 'string', const: op } as Schema, ...members },
    required: ['op', ...Object.keys(members).filter((name) => name !== 'if_match')],
    additionalProperties: false,
  };
}

/** Schemas that are the same for all modules. */
export const SHARED_SCHEMAS: Record<string, Schema> = {
  Page: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 200, description: 'The limit that was applied.' },
      next_cursor: { type: 'string', description: 'Leads to the next page; absent on the last one.' },
      total: { type: 'integer', description: 'With `count=true`: all rows that match, up to 10,000.' },
      total_at_least: { type: 'integer', description: 'With `count=true`, in place of `total`, where there are more.' },
    },
    required: ['limit'],
    additionalProperties: false,
  },
  Problem: {
    type: 'object',
    description: 'Every failure (RFC 9457).',
    properties: {
      type: {
        type: 'string',
        description: 'A page of this service that explains the problem.',
        examples: ['/problems/not-found'],
      },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      instance: { type: 'string', description: 'The path that was asked for.' },
      code: { type: 'string', description: 'Stable, for programs.' },
      trace_id: {
        type: 'string',
        pattern: '^[0-9a-f]{32}$',
        description: 'For the operators, who find the request by it.',
      },
      errors: { type: 'array', items: reference('ProblemItem') },
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'trace_id'],
  },
  ProblemItem: {
    type: 'object',
    properties: {
      code: { type: 'string' },
      detail: { type: 'string' },
      pointer: {
        type: 'string',
        description: 'JSON pointer (RFC 6901) into the body, as a URI fragment.',
        examples: ['#/name'],
      },
      parameter: { type: 'string' },
      position: { type: 'integer', description: 'Offset in the parameter, from 0, in characters (code points).' },
      header: { type: 'string' },
    },
    required: ['code', 'detail'],
    additionalProperties: false,
  },
  Change: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      module: { type: 'string' },
      resource_id: { type: 'string' },
      version: { type: 'integer', description: "The row's version after the change." },
      op: { type: 'string', enum: ['created', 'updated', 'deleted', 'restored', 'erased'] },
      actor: { type: 'string', description: 'The caller.' },
      at: { type: 'string', format: 'date-time' },
      trace_id: { type: 'string' },
      before: { type: ['object', 'null'] },
      after: { type: ['object', 'null'], description: 'Null where the caller may not see the row as it was then.' },
    },
    required: ['id'],
    additionalProperties: false,
  },
  ApiKey: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      name: { type: 'string' },
      scopes: { type: 'array', items: { type: 'string' } },
      claims: { ...CLAIMS, description: 'What row rules go by; empty where there are none.' } as Schema,
      created_at: { type: 'string', format: 'date-time' },
      created_by: { type: 'string', description: 'The caller who made it.' },
      expires_at: { type: ['string', 'null'], format: 'date-time' },
      revoked_at: { type: ['string', 'null'], format: 'date-time' },
      last_used_at: { type: ['string', 'null'], format: 'date-time', description: 'To the hour.' },
      previous_until: {
        type: ['string', 'null'],
        format: 'date-time',
        description: 'Until when the key before the last rotation works.',
      },
      key: { type: 'string', description: 'The key itself: only in the answer that made it.' },
    },
    required: ['id'],
    additionalProperties: false,
  },
  CreateApiKey: {
    type: 'object',
    properties: {
      name: {
        type: 'string',
        minLength: 1,
        maxLength: 100,
        examples: ['Catalogue import'],
        description: 'For people: not blank, without control characters, line breaks and invisible formatting.',
      },
      scopes: {
        type: 'array',
        minItems: 1,
        maxItems: 24,
        uniqueItems: true,
        items: { type: 'string', pattern: SCOPE.source, examples: ['resource:read'] },
        description: 'Only what the caller has can be given.',
      },
      claims: {
        ...CLAIMS,
        type: ['object', 'null'],
        description:
          "What row rules go by. Only claims of the caller's own can be given, with the same values, and none of a key's left out, unless they have the scope `api-key:claims`. Without it: those of the caller's key. At most 2 KiB.",
        examples: [{ tenant: 'north' }],
      } as Schema,
      expires_at: {
        type: ['string', 'null'],
        format: 'date-time',
        description: "Not after the end of the caller's own credentials, which is the default; until 19 January 2038.",
      },
    },
    required: ['name', 'scopes'],
    additionalProperties: false,
  },
  RotateApiKey: {
    type: 'object',
    properties: {
      overlap_seconds: {
        type: 'integer',
        minimum: 0,
        maximum: 2_592_000,
        default: 86_400,
        description: 'How long the old key still works.',
      },
    },
    additionalProperties: false,
  },
  Batch: batchOf(reference('BatchOperation')),
  BatchOperation: oneOf(OPS),
  BatchCreate: batchOperation('create', { body: { type: 'object', description: 'As the body of POST.' } }),
  BatchUpdate: batchOperation('update', {
    id: ROW_ID,
    body: { type: 'object', description: 'As the body of PATCH.' },
    if_match: IF_MATCH,
  }),
  BatchReplace: batchOperation('replace', {
    id: ROW_ID,
    body: { type: 'object', description: 'As the body of PUT.' },
    if_match: IF_MATCH,
  }),
  BatchDelete: batchOperation('delete', { id: ROW_ID, if_match: IF_MATCH }),
  BatchOutcome: {
    type: 'object',
    properties: {
      index: { type: 'integer' },
      status: { type: 'integer' },
      data: { type: 'object' },
      problem: reference('Problem'),
    },
    required: ['index', 'status'],
    additionalProperties: false,
  },
};
