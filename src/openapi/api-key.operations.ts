import type { OpenAPIV3_1 } from 'openapi-types';
import { API_KEY_FIELDS } from '../access/keys/api-key.dto.js';
import { ALWAYS, BODY, header, needs, parameter } from './operations.js';
import { listParametersOf } from './parameters.js';
import { problemResponses } from './problems.js';
import { envelope, reference } from './schemas.js';

/** `/api/api-key`, which is no resource module: its answers hold what is never stored. */
export function apiKeyPaths(): Record<string, Partial<Record<'get' | 'post' | 'delete', OpenAPIV3_1.OperationObject>>> {
  const key = { 'application/json': { schema: envelope(reference('ApiKey')) } };
  const common = (operationId: string, summary: string) => ({
    tags: ['api-key'],
    operationId: `${operationId}_api-key`,
    summary,
    security: needs('api-key:admin'),
  });
  const body = (schema: string) => ({
    required: true,
    content: { 'application/json': { schema: reference(schema) } },
  });
  const page = { page: reference('Page') as OpenAPIV3_1.SchemaObject };
  const keys = envelope({ type: 'array', items: reference('ApiKey') }, page);
  const written = [...ALWAYS, ...BODY, 'read-only', 'commit-outcome-unknown', 'storage-full'];
  const [id, trace] = [parameter('id'), parameter('traceparent')];
  return {
    '/api/api-key': {
      get: {
        ...common('list', 'List API keys, newest first'),
        parameters: [...['limit', 'cursor', 'traceparent'].map(parameter), ...listParametersOf(API_KEY_FIELDS)],
        responses: {
          200: {
            description: 'The keys.',
            headers: { Link: header('Link') },
            content: { 'application/json': { schema: keys } },
          },
          ...problemResponses([...ALWAYS, 'invalid-filter', 'invalid-cursor']),
        },
      },
      post: {
        ...common('create', 'Make an API key'),
        parameters: [trace],
        requestBody: body('CreateApiKey'),
        responses: {
          201: {
            description: 'Made; `key` is shown this once.',
            headers: { Location: header('Location') },
            content: key,
          },
          ...problemResponses([...written, 'storage-budget-spent']),
        },
      },
    },
    '/api/api-key/{id}': {
      get: {
        ...common('read', 'Read one API key'),
        parameters: [id, trace],
        responses: {
          200: { description: 'The key, but for itself.', content: key },
          ...problemResponses([...ALWAYS, 'not-found', 'route-not-found']),
        },
      },
      delete: {
        ...common('revoke', 'Revoke an API key'),
        description: 'One that may do more than the caller only with the scope `api-key:revoke` as well.',
        parameters: [id, trace],
        responses: {
          204: { description: 'Revoked: refused within ten seconds by every process.' },
          ...problemResponses([
            ...ALWAYS,
            'read-only',
            'commit-outcome-unknown',
            'storage-full',
            'not-found',
            'route-not-found',
            'conflict',
          ]),
        },
      },
    },
    '/api/api-key/{id}:rotate': {
      post: {
        ...common('rotate', 'Replace an API key; the old one works on for a while'),
        parameters: [id, trace],
        requestBody: body('RotateApiKey'),
        responses: {
          200: { description: 'Rotated; the new `key` is shown this once.', content: key },
          ...problemResponses([...written, 'not-found', 'route-not-found', 'conflict']),
        },
      },
    },
  };
}
