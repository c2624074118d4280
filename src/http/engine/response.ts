import { ServerResponse, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { hasMuchToCome, readLittle } from './request.js';
import { SECURITY_HEADERS, usualHead } from './usual-head.js';

const LARGE = 16_384;
/**
 * The state in which Node's response writes its own head, which Node does not document: to write the usual head at once saves
 * looking at it header by header. `isUnderstood` compares the bytes at the start; where they differ Node writes all heads.
 */
interface Internals {
  _header: string | null;
  _headerSent: boolean;
  readonly _hasBody: boolean;
  readonly _keepAliveTimeout: number;
  readonly _maxRequestsPerSocket: number;
  readonly _expect_continue: boolean;
}

/** The requests of one turn of the event loop. */
interface Turn {
  requests: number;
  /** Ends of answers that were there in the same turn. */
  readonly held: (() => void)[];
}
let turn: Turn | undefined;
/** Whether in the last turn in which a request came others came with it. */
let isBusy = false;

function thisTurn(): Turn {
  if (turn) return turn;
  const begun: Turn = { requests: 0, held: [] };
  setImmediate(() => {
    turn = undefined;
    isBusy = begun.requests > 1;
    for (const end of begun.held) end();
  });
  return (turn = begun);
}

/**
 * Node's response, which adds the security headers, and puts together the head of the usual answer by itself: Node looks
 * at each header anew, name and value, also at those that are the same for all answers. That was a tenth of a read.
 *
 * Answers that are there in the turn in which their requests came (from SQLite, and what needs no database) are written
 * one after the other when the turn is over: to wake a client for each was seen to take a fourth of a page.
 */
export class Response<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /**
   * Called once: when the answer was handed over; of one that is sent piece by piece when it is over, whoever ended it. To
   * listen for the end of each was seen to take a twentieth of a read.
   */
  afterwards: (() => void) | undefined;
  private readonly turn = thisTurn();
  private hasBegun = false;
  /** Whether the answer comes before a body that nobody is going to read. */
  private isEarly = false;
  /** The length of the usual answer's body, in bytes. Its head is ASCII. */
  private length: string | undefined;
  /** Of any other. Only there where it is needed: each further member of all responses costs. */
  declare private written: number | undefined;

  constructor(...rest: ConstructorParameters<typeof ServerResponse<Request>>) {
    super(...rest);
    this.turn.requests++;
  }

  /** Bytes of its body that were handed over. */
  get bodyBytes(): number {
    return this.length === undefined ? (this.written ?? 0) : Number(this.length);
  }

  override end(...rest: unknown[]): this {
    if (isBusy && this.shouldKeepAlive && this.turn === turn && !isLarge(rest[0]))
      turn.held.push(() => this.endNow(rest));
    else this.endNow(rest);
    return this;
  }

  override write(...rest: unknown[]): boolean {
    this.begin();
    this.count(rest[0]);
    return super.write(...(rest as [unknown]));
  }

  override flushHeaders(): void {
    this.begin();
    super.flushHeaders();
  }

  private count(body: unknown): void {
    const isBody = typeof body === 'string' || body instanceof Uint8Array;
    if (isBody && this.req.method !== 'HEAD') this.written = (this.written ?? 0) + Buffer.byteLength(body);
  }

  private begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.once('close', () => this.afterwards?.());
  }

  private endNow(rest: unknown[]): void {
    if (!this.headersSent && hasMuchToCome(this.req)) this.writeHead(this.statusCode);
    if (this.isEarly) return this.endEarly(rest);
    const [body, encoding, callback] = rest;
    // As many bytes as characters: ASCII, which is the same in both encodings, and sooner written in this one.
    const isAscii = typeof body === 'string' && this.length === String(body.length) && !encoding && !callback;
    if (isAscii) super.end(body, 'latin1');
    else {
      this.count(body);
      super.end(...(rest as []));
    }
    if (!this.hasBegun) this.afterwards?.();
  }

  /** Sends all of it now, and ends the connection when a little more of the body was read. */
  private endEarly(rest: unknown[]): void {
    const [body, encoding] = rest;
    this.cork();
    super.flushHeaders();
    if (typeof body === 'string' || Buffer.isBuffer(body)) super.write(body, encoding as BufferEncoding);
    this.uncork();
    this.count(body);
    if (!this.hasBegun) this.afterwards?.();
    readLittle(this.req, () => super.end());
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    if (hasMuchToCome(this.req)) {
      this.isEarly = true;
      this.shouldKeepAlive = false;
    }
    const headers = rest.at(-1);
    if (rest.length > 1 || Array.isArray(headers)) return super.writeHead(status, ...(rest as []));
    return this.isUsual(status) && this.writeUsual(status, headers as OutgoingHttpHeaders)
      ? this
      : super.writeHead(status, { ...SECURITY_HEADERS, ...(headers as OutgoingHttpHeaders | undefined) });
  }

  /** A body follows, the connection stays open, and nothing was said of headers before. */
  private isUsual(status: number): boolean {
    if (!isUnderstood || status < 200 || status === 204 || status === 304 || !this.shouldKeepAlive) return false;
    const { _header, _hasBody, _maxRequestsPerSocket, _expect_continue } = this as unknown as Internals;
    return (
      _header === null &&
      _hasBody &&
      this.sendDate &&
      !(_maxRequestsPerSocket > 0) &&
      !_expect_continue &&
      this.getHeaderNames().length === 0
    );
  }

  /** @returns false, and nothing was done, where these headers need Node's own way */
  private writeUsual(status: number, headers: OutgoingHttpHeaders | undefined): boolean {
    const internals = this as unknown as Internals;
    const head = usualHead(status, headers, internals._keepAliveTimeout);
    if (head === undefined) return false;
    this.length = headers!['content-length'] as string;
    this.statusCode = status;
    internals._header = head;
    internals._headerSent = false;
    return true;
  }
}

/**
 * Whether a body is too large to wait for the end of the turn: beside it waking the client costs little, and all of a turn's
 * would be in memory together.
 */
function isLarge(body: unknown): boolean {
  return typeof body === 'string' && body.length > LARGE;
}

/** Whether this version of Node sends the same bytes either way; all is left to it where not. */
let isUnderstood = true;
isUnderstood = bytesOf(Response, {}) === bytesOf(ServerResponse, SECURITY_HEADERS);

function bytesOf(kind: typeof ServerResponse, before: Readonly<Record<string, string>>): string {
  let sent = '';
  const socket = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      sent += chunk.toString('latin1');
      done();
    },
  });
  const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, complete: true };
  const response = new kind(request as IncomingMessage);
  response.shouldKeepAlive = true;
  Object.assign(response, { _keepAliveTimeout: 5_000 });
  response.assignSocket(socket as Socket);
  response.writeHead(200, { ...before, etag: '"1"', 'content-length': '2' }).end('{}');
  return sent.replace(/Date: .+/, '');
}
