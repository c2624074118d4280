import type { Socket } from 'node:net';
import { DomainError } from './domain-error.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';
import { traceIdOf } from './trace-context.js';

const BY_CODE: Readonly<Record<string, [code: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'The headers are larger than 16 KiB.'],
  HPE_INVALID_METHOD: ['method-not-implemented', 'The service does not know this method.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request did not arrive in time.'],
};

/**
 * Answers what Node's HTTP parser refuses, before there is a request: a problem like all others, written to the socket.
 * Nothing of what was received is repeated.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [code, detail] = BY_CODE[error.code ?? ''] ?? ['malformed-http', 'This is not a valid HTTP/1.1 request.'];
  const problem = problemBody(new DomainError(code, detail), traceIdOf(undefined));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
