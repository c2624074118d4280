import type { OpenAPIV3_1 } from 'openapi-types';
import { NDJSON_TYPE } from '../http/media-types.js';
import { ALWAYS, needs, parameter } from './operations.js';
import { problemResponses } from './problems.js';

/** `GET /api/privacy/operation/{id}/result`, whose answer is a stream; the other routes of `/api/privacy` describe themselves. */
export function privacyResultOperation(): OpenAPIV3_1.OperationObject {
  const lines = 'A line for each row, change and key: `{"kind": "row", "module": "loan", "data": {…}}`.';
  return {
    tags: ['privacy'],
    operationId: 'result_privacy',
    summary: 'Fetch what an export has gathered, once',
    security: needs('privacy:admin'),
    parameters: [parameter('id'), parameter('traceparent')],
    responses: {
      200: {
        description: 'All that there is of the subject.',
        content: { [NDJSON_TYPE]: { schema: { type: 'string', description: lines } } },
      },
      ...problemResponses([...ALWAYS, 'not-found', 'route-not-found', 'result-not-ready', 'result-gone']),
    },
  };
}
