import { AsyncResource } from 'node:async_hooks';
import { IncomingMessage, type IncomingHttpHeaders } from 'node:http';
import { DomainError } from './domain-error.js';

/** @param body all of it where there is no error */
type Done = (error: DomainError | null, body: Buffer) => void;

const NOTHING = Buffer.alloc(0);

/**
 * Reads a body, of a client that may send it slowly, break it off, or never stop.
 * @param limitBytes of the whole body
 * @param done called once; with `content-too-large` for a larger one, with `invalid-json` for one that is broken off
 */
export function readBody(request: IncomingMessage, limitBytes: number, done: Done): void {
  if (!announcesBody(request.headers)) return done(null, NOTHING);
  const collector = new Collector(limitBytes, done);
  if (request.destroyed) collector.breakOff();
  else if (Number(request.headers['content-length']) > limitBytes) collector.refuse();
  else if (request instanceof Request && !request.isStream) request.collector = collector;
  else
    request
      .on('data', (piece: Buffer) => collector.add(piece))
      .on('end', () => collector.end())
      .on('error', () => collector.breakOff());
}

/** Without either header there is none, and nothing to wait for (RFC 9112 section 6.3). */
export function announcesBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** What has come of a body. Goes on in the asynchronous context of who asked for it, and not in that of the connection. */
class Collector extends AsyncResource {
  private bytes = 0;
  private buffer: Buffer = NOTHING;
  private isOver = false;

  constructor(
    private readonly limit: number,
    private readonly done: Done,
  ) {
    super('RequestBody');
  }

  add(piece: Buffer): void {
    if (this.isOver) return;
    const end = this.bytes + piece.length;
    if (end > this.limit) return this.refuse();
    if (this.bytes === 0) this.buffer = piece;
    else {
      // Twice as large each time, and no list of pieces: a client may send a byte at a time, and each would be an object.
      if (end > this.buffer.length) this.buffer = Buffer.concat([this.buffer], Math.min(2 * end, this.limit));
      piece.copy(this.buffer, this.bytes);
    }
    this.bytes = end;
  }

  end(): void {
    this.finish(null, this.buffer.subarray(0, this.bytes));
  }

  refuse(): void {
    this.finish(new DomainError('content-too-large', `A body may have ${this.limit} bytes.`), NOTHING);
  }

  breakOff(): void {
    this.finish(new DomainError('invalid-json', 'The body was broken off.'), NOTHING);
  }

  private finish(error: DomainError | null, body: Buffer): void {
    if (this.isOver) return;
    this.isOver = true;
    this.runInAsyncScope(this.done, undefined, error, body);
  }
}

/** What this uses of Node's own request beside what Node documents; since Node 24.12. */
interface Internals {
  _dumpAndCloseReadable?: () => void;
}

/**
 * Node's request, whose body need not become a stream: pieces go from the parser to who asked for them before the first
 * one came, as nearly all do. Three turns of events for each body took a thirtieth of a create of one client.
 */
export class Request extends IncomingMessage {
  /** Gets the pieces in place of the stream. */
  collector: Collector | undefined;
  /** Has begun to be one. */
  isStream = false;

  /** Called by Node's parser, with null at the end. */
  override push(piece: Buffer | null): boolean {
    const { collector } = this;
    if (!collector) {
      this.isStream = true;
      return super.push(piece);
    }
    if (piece) collector.add(piece);
    else {
      this.collector = undefined;
      this.endStream();
      collector.end();
    }
    return true;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.collector?.breakOff();
    super._destroy(error, callback);
  }

  /** For Node, which looks whether it was read before it takes the connection's next one. */
  private endStream(): void {
    const internals = this as Internals;
    if (internals._dumpAndCloseReadable) internals._dumpAndCloseReadable();
    else {
      super.push(null);
      this.resume();
    }
  }
}
