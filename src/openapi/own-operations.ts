import type { OpenAPIV3_1 } from 'openapi-types';
import { bareType } from '../http/media-types.js';
import { problemType } from '../problems/problem.catalogue.js';
import type { OwnRoute } from '../crud/endpoints/own-routes.js';
import { ALWAYS, BODY, needs, parameter } from './operations.js';
import { ownParameters } from './parameters.js';
import type { OwnSchemas } from './own-schemas.js';
import { problemResponses } from './problems.js';
import { envelope } from './schemas.js';

/** Where nobody is asked who they are. */
const OF_CALLERS: readonly string[] = ['unauthenticated', 'forbidden', 'issuer-unavailable'];

/** Describes a route without an endpoint decorator, from its other decorators. */
export function ownOperation(route: OwnRoute, schemas: OwnSchemas): OpenAPIV3_1.OperationObject {
  const { tag, name, path, access, offers, body, parameters, answer, status } = route;
  const isPublic = 'isPublic' in access;
  const codes = [...ALWAYS, ...(body ? BODY : []), ...(answer?.problems ?? [])];
  const usual = isPublic ? codes.filter((code) => !OF_CALLERS.includes(code)) : codes;
  const schema = answer && envelope(schemas.answerOf(answer.answer));
  const types = (offers ?? ['application/json']).map(bareType);
  return {
    tags: [tag],
    operationId: `${name}_${tag}`,
    summary: answer?.summary ?? `${name} (${tag})`,
    security: 'scope' in access ? needs(access.scope) : [],
    parameters: [...pathParameters(path), ...(parameters ? ownParameters(parameters) : []), parameter('traceparent')],
    ...(body && { requestBody: schemas.requestBody(body) }),
    responses: {
      [status]: {
        description: status === 204 ? 'Done.' : 'The answer.',
        ...(status !== 204 && {
          content: Object.fromEntries(types.map((type) => [type, schema ? { schema } : {}])),
        }),
      },
      ...problemResponses(usual.filter((code) => problemType(code))),
    },
  };
}

function pathParameters(path: string): OpenAPIV3_1.ParameterObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name: name!,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}
