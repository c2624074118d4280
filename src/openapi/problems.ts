import type { OpenAPIV3_1 } from 'openapi-types';
import { problemType } from '../http/problem.catalogue.js';
import { reference } from './schemas.js';

const headerOf = (name: string): OpenAPIV3_1.ReferenceObject => ({ $ref: `#/components/headers/${name}` });
const HEADERS: Readonly<Record<number, Record<string, OpenAPIV3_1.ReferenceObject>>> = {
  401: { 'WWW-Authenticate': headerOf('WwwAuthenticate') },
  403: { 'WWW-Authenticate': headerOf('WwwAuthenticate') },
  405: { Allow: headerOf('Allow') },
  409: { 'Retry-After': headerOf('RetryAfter') },
  412: { ETag: headerOf('ETag') },
  415: { 'Accept-Patch': headerOf('AcceptPatch') },
  429: {
    'Retry-After': headerOf('RetryAfter'),
    RateLimit: headerOf('RateLimit'),
    'RateLimit-Policy': headerOf('RateLimitPolicy'),
  },
  503: { 'Retry-After': headerOf('RetryAfter') },
};

/** The failures of an operation: one response for each status, with the codes that come with it. */
export function problemResponses(codes: readonly string[]): OpenAPIV3_1.ResponsesObject {
  const byStatus = Map.groupBy(codes, (code) => problemType(code)!.status);
  const responses = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, group]): [string, OpenAPIV3_1.ResponseObject] => {
      const description = group
        .map((code) => `[\`${code}\`](/problems/${code}): ${problemType(code)!.title}.`)
        .join('  \n');
      const schema = {
        allOf: [reference('Problem'), { type: 'object', properties: { code: { enum: group } } }],
      } as OpenAPIV3_1.SchemaObject;
      const headers = HEADERS[status];
      return [
        String(status),
        { description, ...(headers && { headers }), content: { 'application/problem+json': { schema } } },
      ];
    });
  return Object.fromEntries(responses);
}
