import type { OpenAPIV3_1 } from 'openapi-types';
import { SET_ASIDE_FIELDS } from '../background/background.dto.js';
import { ALWAYS, BODY, header, needs, parameter } from './operations.js';
import { listParametersOf } from './parameters.js';
import { problemResponses } from './problems.js';
import { envelope, reference } from './schemas.js';

type Schema = OpenAPIV3_1.SchemaObject;

const AT: Schema = { type: 'string', format: 'date-time' };
const AT_OR_NULL: Schema = { type: ['string', 'null'], format: 'date-time' };
const COUNT: Schema = { type: 'integer', minimum: 0 };

function whole(properties: Record<string, Schema>): Schema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

export const BACKGROUND_SCHEMAS: Record<string, Schema> = {
  BackgroundConsumer: whole({
    name: { type: 'string' },
    module: { type: 'string' },
    position: { type: 'string', description: "All changes up to it are done. As the module's event stream has it." },
    moved_at: { ...AT, description: 'When the position was moved last.' },
    lag_changes: { ...COUNT, description: 'Changes that it has not had yet.' },
    lag_seconds: { type: 'number', description: 'Age of the first of them.' },
    set_aside: { ...COUNT, description: 'Rows whose changes it does not get, because one could not be handled.' },
    stopped: { type: ['string', 'null'], description: 'Why it waits for an operator.' },
  }),
  BackgroundJob: whole({
    name: { type: 'string' },
    schedule: { type: 'string' },
    due_at: { ...AT, description: 'When it is to run next, or was to run if it has not yet.' },
    began_at: { ...AT_OR_NULL, description: 'When its last run began, or the one that is under way.' },
    succeeded_at: { ...AT_OR_NULL, description: 'When a run last succeeded.' },
    duration_ms: { type: ['integer', 'null'], description: 'What its last run took.' },
    failures: { ...COUNT, description: 'Runs that failed since the last one that did not.' },
    error: { type: ['string', 'null'], description: 'Why the last of them failed.' },
  }),
  SetAside: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      consumer: { type: 'string' },
      module: { type: 'string' },
      resource_id: { type: 'string', description: 'The row. Its later changes wait, too.' },
      change_id: { type: 'string', description: 'The change that could not be handled.' },
      seq: { type: 'integer', description: "Its number in the module's feed." },
      tries: COUNT,
      error: { type: 'string' },
      state: { type: 'string', enum: ['waiting', 'retry', 'skip'], description: 'What was decided.' },
      at: { ...AT, description: 'When it was set aside last.' },
    },
    required: ['id'],
    additionalProperties: false,
  },
  RestartConsumer: {
    type: 'object',
    properties: {
      from: {
        type: 'string',
        enum: ['now', 'beginning'],
        description: 'Where it goes on: at what is committed from now on, or at all that the feed has.',
      },
    },
    required: ['from'],
    additionalProperties: false,
  },
};

/** `/api/background`: consumers of changes and scheduled jobs, for operators. */
export function backgroundPaths(): Record<string, Partial<Record<'get' | 'post', OpenAPIV3_1.OperationObject>>> {
  const common = (operationId: string, summary: string) => ({
    tags: ['background'],
    operationId: `${operationId}_background`,
    summary,
    security: needs('background:admin'),
  });
  const json = (schema: Schema) => ({ 'application/json': { schema } });
  const list = (schema: string): Schema => ({ type: 'array', items: reference(schema) });
  const page = { page: reference('Page') as Schema };
  const [id, trace] = [parameter('id'), parameter('traceparent')];
  const written = [...ALWAYS, 'read-only', 'commit-outcome-unknown', 'storage-full', 'not-found', 'route-not-found'];
  const decide = (operationId: string, summary: string) => ({
    post: {
      ...common(operationId, summary),
      parameters: [id, trace],
      responses: {
        202: {
          description: 'The process that runs the consumer does it, within seconds.',
          content: json(envelope(reference('SetAside'))),
        },
        ...problemResponses(written),
      },
    },
  });
  const state = whole({ consumers: list('BackgroundConsumer'), jobs: list('BackgroundJob') });
  return {
    '/api/background': {
      get: {
        ...common('read', 'How consumers of changes and scheduled jobs are'),
        parameters: [trace],
        responses: {
          200: { description: 'All that the service has.', content: json(envelope(state)) },
          ...problemResponses(ALWAYS),
        },
      },
    },
    '/api/background/set-aside': {
      get: {
        ...common('list', 'List rows whose changes are set aside, the latest first'),
        parameters: [...['limit', 'cursor', 'traceparent'].map(parameter), ...listParametersOf(SET_ASIDE_FIELDS)],
        responses: {
          200: {
            description: 'The rows, and why.',
            headers: { Link: header('Link') },
            content: json(envelope(list('SetAside'), page)),
          },
          ...problemResponses([...ALWAYS, 'invalid-filter', 'invalid-cursor']),
        },
      },
    },
    '/api/background/set-aside/{id}:retry': decide(
      'retry',
      'Give the change another try, then the later ones of its row',
    ),
    '/api/background/set-aside/{id}:skip': decide(
      'skip',
      'Leave the change out, and go on with the later ones of its row',
    ),
    '/api/background/consumer/{id}:restart': {
      post: {
        ...common('restart', 'Have a consumer that is stopped go on; `id` is its name'),
        parameters: [id, trace],
        requestBody: { required: true, content: json(reference('RestartConsumer')) },
        responses: {
          202: {
            description: 'It goes on within seconds.',
            content: json(envelope(reference('BackgroundConsumer'))),
          },
          ...problemResponses([...written, ...BODY, 'conflict']),
        },
      },
    },
  };
}
