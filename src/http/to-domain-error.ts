import { HttpException } from '@nestjs/common';
import { DomainError } from './domain-error.js';

/** What the framework's own errors are called here; it only tells them apart by status. */
const BY_STATUS: Readonly<Record<number, [code: string, detail: string]>> = {
  400: ['invalid-json', 'The body could not be read.'],
  401: ['unauthenticated', 'Credentials are needed.'],
  403: ['forbidden', 'This is not allowed.'],
  404: ['route-not-found', 'There is nothing at this path.'],
  408: ['request-timeout', 'The request took too long to arrive.'],
  413: ['content-too-large', 'The body is larger than what is taken.'],
  414: ['uri-too-long', 'The URL is longer than what is taken.'],
  415: ['unsupported-media-type', 'The type of the body is not taken here.'],
  431: ['headers-too-large', 'The headers are larger than what is taken.'],
  503: ['overloaded', 'The service is not available at the moment.'],
};

interface HttpError extends Error {
  readonly statusCode?: number;
}

/** Any error as one of the catalogue. What is not known is the service's own fault. */
export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const status =
    error instanceof HttpException ? error.getStatus() : ((error as HttpError | undefined)?.statusCode ?? 500);
  const [code, detail] = BY_STATUS[status] ?? ['internal-error', 'The service failed at this request.'];
  return new DomainError(code, detail, { cause: error });
}
