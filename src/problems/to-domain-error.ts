import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { DomainError, type DomainErrorOptions, type ProblemItem } from './domain-error.js';

/** The codes of a status where all that is known of an error is that. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'bad-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  408: 'request-timeout',
  409: 'conflict',
  410: 'gone',
  412: 'precondition-failed',
  413: 'content-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  417: 'expectation-failed',
  421: 'misdirected-request',
  422: 'unprocessable-content',
  428: 'precondition-required',
  429: 'rate-limited',
  431: 'headers-too-large',
  500: 'internal-error',
  502: 'bad-gateway',
  503: 'service-unavailable',
  504: 'gateway-timeout',
};

/** Errors of Fastify, and of plugins, which follow it. */
interface HttpError extends Error {
  readonly statusCode?: number;
}

/** Any error as one of the catalogue. What is not known is the service's own fault. */
export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof HttpException) return fromNest(error);
  return ofStatus((error as HttpError | undefined)?.statusCode ?? 500, undefined, { cause: error });
}

/** An error that a service has thrown on purpose, with a code of the catalogue; all others as they are. */
export function withCode(error: unknown): unknown {
  return error instanceof HttpException ? fromNest(error) : error;
}

/** Nest's own, which guards, pipes and handlers of teams throw, with what they say. */
function fromNest(error: HttpException): DomainError {
  const [first, ...rest] = messagesOf(error.getResponse());
  const errors: ProblemItem[] =
    rest.length === 0 ? [] : [first!, ...rest].map((detail) => ({ code: 'invalid', detail }));
  const detail = rest.length === 0 ? first : `${errors.length} things are wrong with the request.`;
  return ofStatus(error.getStatus(), detail, { errors, cause: error });
}

/** Several are those of a validation. */
function messagesOf(response: string | object): readonly string[] {
  const message = typeof response === 'string' ? response : (response as { message?: unknown }).message;
  return [message].flat().filter((text): text is string => typeof text === 'string' && text !== '');
}

/** @param detail for the caller; of a failure of the service it has nothing that they may know */
function ofStatus(status: number, detail: string | undefined, options: DomainErrorOptions): DomainError {
  if (!Number.isInteger(status) || status < 400 || status > 599) return ofStatus(500, undefined, options);
  if (status >= 500) {
    const said = status === 500 ? 'The service failed at this request.' : 'The service can not do this now.';
    return new DomainError(BY_STATUS[status] ?? 'server-error', said, { cause: options.cause, status });
  }
  // RFC 9110 section 15.5.2.
  const headers: Record<string, string> = status === 401 ? { 'www-authenticate': 'Bearer realm="plinth"' } : {};
  const said = detail ?? `${STATUS_CODES[status] ?? 'The request was refused'}.`;
  return new DomainError(BY_STATUS[status] ?? 'client-error', said, { ...options, headers, status });
}
