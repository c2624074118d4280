import { STATUS_CODES } from 'node:http';
import type { OpenAPIV3_1 } from 'openapi-types';
import { problemType, problemTypes } from '../problems/problem.catalogue.js';
import { reference } from './schemas.js';

const headerOf = (name: string): OpenAPIV3_1.ReferenceObject => ({ $ref: `#/components/headers/${name}` });
/** The budget of a caller who is known comes with every answer to them. */
export const RATE_HEADERS = { RateLimit: headerOf('RateLimit'), 'RateLimit-Policy': headerOf('RateLimitPolicy') };
/** Headers that a deprecated module sends with each answer. */
export const STAGE_HEADERS = { Deprecation: headerOf('Deprecation'), Sunset: headerOf('Sunset') };
const HEADERS: Readonly<Record<number, Record<string, OpenAPIV3_1.ReferenceObject>>> = {
  401: { 'WWW-Authenticate': headerOf('WwwAuthenticate') },
  403: { 'WWW-Authenticate': headerOf('WwwAuthenticate') },
  405: { Allow: headerOf('Allow') },
  409: { 'Retry-After': headerOf('RetryAfter') },
  412: { ETag: headerOf('ETag') },
  415: { 'Accept-Patch': headerOf('AcceptPatch') },
  429: { 'Retry-After': headerOf('RetryAfter') },
  503: { 'Retry-After': headerOf('RetryAfter') },
};

/** `404` → `NotFound`, as HTTP calls it. */
function nameOf(status: number): string {
  return STATUS_CODES[status]!.replaceAll(/[^A-Za-z]/g, '');
}

/** The failures of an operation: one response for each status, with the codes that come with it here. */
export function problemResponses(codes: readonly string[]): OpenAPIV3_1.ResponsesObject {
  const byStatus = Map.groupBy(codes, (code) => problemType(code)!.status);
  const responses = [...byStatus].map(([status, group]): [string, OpenAPIV3_1.ReferenceObject] => [
    String(status),
    { $ref: `#/components/responses/${nameOf(status)}`, description: describe(group) },
  ]);
  return Object.fromEntries(responses);
}

/** `components.responses`, one for each status of the catalogue: typed clients get one type for it, not one an operation. */
export function sharedResponses(): Record<string, OpenAPIV3_1.ResponseObject> {
  return eachStatus((status, codes) => [
    nameOf(status),
    {
      description: describe(codes),
      headers: { ...HEADERS[status], ...RATE_HEADERS, ...STAGE_HEADERS },
      content: { 'application/problem+json': { schema: reference(`${nameOf(status)}Problem`) } },
    },
  ]);
}

/** The schemas of their bodies: a problem with one status, and the codes that come with it. */
export function problemSchemas(): Record<string, OpenAPIV3_1.SchemaObject> {
  return eachStatus((status, codes) => {
    // With their types, though `Problem` has them: openapi-python-client could not merge the two otherwise.
    const properties: Record<string, OpenAPIV3_1.SchemaObject> = {
      status: { type: 'integer', enum: [status] },
      code: { type: 'string', enum: codes },
    };
    return [`${nameOf(status)}Problem`, { allOf: [reference('Problem'), { type: 'object', properties }] }];
  });
}

function eachStatus<T>(make: (status: number, codes: string[]) => [string, T]): Record<string, T> {
  const byStatus = Map.groupBy(problemTypes().keys(), (code) => problemType(code)!.status);
  return Object.fromEntries([...byStatus].sort(([a], [b]) => a - b).map(([status, codes]) => make(status, codes)));
}

function describe(codes: readonly string[]): string {
  return codes.map((code) => `[\`${code}\`](/problems/${code}): ${problemType(code)!.title}.`).join('  \n');
}
