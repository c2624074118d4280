import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RepeatedLines } from '../../runtime/repeated-lines.js';
import { DomainError } from '../../problems/domain-error.js';
import { PROBLEM_TYPE, problemBody } from '../../problems/problem.js';
import { LITTLE_BYTES, LITTLE_MS } from './body.js';
import { MAX_URL_BYTES, notImplemented, uriTooLong, versionNotSupported } from '../request-checks.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { traceIdOf } from '../trace-context.js';

/** As Node gives it to its `clientError` event. */
export interface ClientError extends Error {
  readonly code?: string;
  /** The bytes that were being parsed. */
  readonly rawPacket?: unknown;
}

const BY_CODE: Readonly<Record<string, () => DomainError>> = {
  HPE_HEADER_OVERFLOW: () => new DomainError('headers-too-large', 'The headers are larger than 16 KiB.'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () =>
    new DomainError('content-too-large', 'The extensions of the chunks are too large.'),
  HPE_INVALID_METHOD: notImplemented,
  HPE_INVALID_URL: () => new DomainError('invalid-request-target', 'The target of the request is not valid.'),
  HPE_PAUSED_H2_UPGRADE: versionNotSupported,
  ERR_HTTP_REQUEST_TIMEOUT: () => new DomainError('request-timeout', 'The request did not arrive in time.'),
};
const TLS_HANDSHAKE = '\x16';
const LONG_REQUEST_LINE = new RegExp(`^[A-Z-]+ [^ \r\n]{${MAX_URL_BYTES + 1}}`);

/** Counts a request for its address. */
export type AdmitAddress = (address: string) => void;

/**
 * Answers what Node's HTTP parser refuses, before there is a request: a problem like all others, written to the socket.
 * Nothing of what was received is repeated.
 */
export class ClientErrors {
  private readonly lines = new RepeatedLines('Http');
  private readonly known = new WeakSet<Socket>();

  /**
   * @param admit throws where an address has asked more than it may
   * @param tell is told of each answer's status, and of its problem
   */
  constructor(
    private readonly admit: AdmitAddress,
    private readonly tell: (status: number, problem: DomainError) => void,
  ) {}

  /** A parser that has failed fails again with all that still comes: only the first time counts. */
  readonly answer = (error: ClientError, socket: Socket): void => {
    if (this.known.has(socket)) return;
    this.known.add(socket);
    this.answerInTurn(error, socket);
  };

  /** Answers after the requests that were whole before: theirs come first on the connection. */
  private answerInTurn(error: ClientError, socket: Socket): void {
    // Node's own handler goes by it as well; what it documents does not tell which answer is under way.
    const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null };
    if (response?.req.complete) response.once('close', () => this.answerInTurn(error, socket));
    else if (!socket.writable || response?.headersSent || isSystemError(error)) socket.destroy();
    else this.refuse(meaningOf(error), socket, error.code);
  }

  /** Answers on a connection that has no request under way, and ends it. */
  refuse(error: DomainError, socket: Socket, reason = error.code): void {
    const address = socket.remoteAddress ?? '';
    const refusal = this.limited(address, socket.bytesRead > 0) ?? error;
    const problem = problemBody(refusal, traceIdOf(undefined));
    const body = JSON.stringify(problem);
    const headers = {
      ...SECURITY_HEADERS,
      ...refusal.headers,
      'cache-control': 'no-store',
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
      date: new Date().toUTCString(),
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`);
    lingerOn(socket);
    this.tell(problem.status, refusal);
    const { code, trace_id } = problem;
    // Browsers open connections in advance, and may never use them.
    if (socket.bytesRead > 0)
      this.lines.write('warn', `${code} ${reason}`, { msg: 'Not a valid request', code, reason, address, trace_id });
  }

  private limited(address: string, counts: boolean): DomainError | undefined {
    try {
      if (counts) this.admit(address);
    } catch (error) {
      return error as DomainError;
    }
    return undefined;
  }
}

function meaningOf({ code = '', message, rawPacket }: ClientError): DomainError {
  const bytes = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : '';
  if (code === 'HPE_INVALID_METHOD' && bytes.startsWith(TLS_HANDSHAKE))
    return new DomainError('malformed-http', 'This port speaks HTTP, and not HTTPS.');
  // The same code is for what is wrong around the version.
  if (code === 'HPE_INVALID_VERSION' && message.includes('Invalid HTTP version')) return versionNotSupported();
  if (code === 'HPE_HEADER_OVERFLOW' && LONG_REQUEST_LINE.test(bytes)) return uriTooLong();
  return BY_CODE[code]?.() ?? new DomainError('malformed-http', 'This is not a valid HTTP/1.1 request.');
}

/** Tells an error of the connection itself: nobody is there to be answered. */
function isSystemError({ code = '' }: ClientError): boolean {
  return !code.startsWith('HPE_') && !code.startsWith('ERR_HTTP_');
}

/** A connection that is closed before its data was read is reset, and its answer may be lost (RFC 9112 section 9.6). */
function lingerOn(socket: Socket): void {
  let left = LITTLE_BYTES;
  const timer = setTimeout(() => socket.destroy(), LITTLE_MS);
  socket
    .on('data', (piece: Buffer) => {
      left -= piece.length;
      if (left < 0) socket.pause();
    })
    .on('error', () => socket.destroy())
    .on('close', () => clearTimeout(timer))
    .resume();
}
