import { AsyncResource } from 'node:async_hooks';
import { IncomingMessage, type IncomingHttpHeaders } from 'node:http';
import { DomainError } from '../../problems/domain-error.js';

/** @param body all of it where there is no error */
type Done = (error: DomainError | null, body: Buffer) => void;

/** @throws DomainError where there is none left for the caller */
type Hold = (bytes: number) => void;

const NOTHING = Buffer.alloc(0);
/** A body that nobody wants is not read further than this. */
export const LITTLE_BYTES = 65_536;
export const LITTLE_MS = 1_000;

/** Takes a body as it comes. */
interface Sink {
  /** Whether there may be more. */
  add(piece: Buffer): boolean;
  end(): void;
  /** The connection is gone. */
  breakOff(): void;
}

/**
 * Reads a body, of a client that may send it slowly, break it off, or never stop.
 * @param limitBytes of the whole body
 * @param hold asked for the memory that it takes,
 * @param done called once; with `content-too-large` for a larger one, with `invalid-json` for one that is broken off
 */
export function readBody(request: IncomingMessage, limitBytes: number, done: Done, hold?: Hold): void {
  if (!announcesBody(request.headers)) return done(null, NOTHING);
  const collector = new Collector(limitBytes, done, hold);
  if (request.destroyed) collector.breakOff();
  else if (Number(request.headers['content-length']) > limitBytes) collector.refuse();
  else feed(request, collector);
}

/**
 * Takes a little of what still comes of a body that nobody wants, so that a client which sends all of it first gets to
 * read the answer: a connection that is closed before its data was read is reset (RFC 9112 section 9.6).
 * @param done called when the body is over, and else soon
 */
export function readLittle(request: IncomingMessage, done: () => void): void {
  if (request.destroyed) return done();
  let left = LITTLE_BYTES;
  const timer = setTimeout(done, LITTLE_MS);
  const end = () => {
    clearTimeout(timer);
    done();
  };
  feed(request, { add: (piece) => (left -= piece.length) > 0, end, breakOff: end });
}

/** Whether more of a body may come than can be waited for when nobody wants it. */
export function hasMuchToCome({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > LITTLE_BYTES);
}

function feed(request: IncomingMessage, sink: Sink): void {
  if (request instanceof PlinthRequest && !request.isStream) request.sink = sink;
  else
    request
      .on('data', (piece: Buffer) => {
        if (!sink.add(piece)) request.pause();
      })
      .on('end', () => sink.end())
      .on('error', () => sink.breakOff());
}

/** Whether there is a body to wait for: without either header there is none (RFC 9112 section 6.3). */
export function announcesBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Collects a body. Goes on in the asynchronous context of the caller who asked for it, and not in that of the connection. */
class Collector extends AsyncResource implements Sink {
  private bytes = 0;
  private buffer: Buffer = NOTHING;
  private isOver = false;

  constructor(
    private readonly limit: number,
    private readonly done: Done,
    private readonly hold: Hold | undefined,
  ) {
    super('RequestBody');
  }

  add(piece: Buffer): boolean {
    if (!this.isOver) this.take(piece);
    return true;
  }

  private take(piece: Buffer): void {
    const end = this.bytes + piece.length;
    if (end > this.limit) return this.refuse();
    if (this.bytes === 0) {
      if (!this.mayHold(piece.length)) return;
      this.buffer = piece;
    } else {
      // Twice as large each time, and no list of pieces: a client may send a byte at a time, and each would be an object.
      if (end > this.buffer.length) {
        const size = Math.min(2 * end, this.limit);
        if (!this.mayHold(size - this.buffer.length)) return;
        this.buffer = Buffer.concat([this.buffer], size);
      }
      piece.copy(this.buffer, this.bytes);
    }
    this.bytes = end;
  }

  private mayHold(bytes: number): boolean {
    try {
      this.hold?.(bytes);
      return true;
    } catch (error) {
      this.finish(error as DomainError, NOTHING);
      return false;
    }
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

/**
 * Ends a stream that was never begun, without its turns of events; Node 24.12 has it, and does not document it. Other versions
 * end an empty stream in its place.
 */
interface Internals {
  _dumpAndCloseReadable?: () => void;
}

/**
 * Node's request, whose body need not become a stream: pieces go from the parser to who asked for them before the first
 * one came, as nearly all do. A stream keeps up to 64 KiB of each body that nobody reads: with 500 slow writers that was
 * 50 MiB (`test/memory.attacks`).
 */
export class PlinthRequest extends IncomingMessage {
  /** Gets the pieces in place of the stream. */
  sink: Sink | undefined;
  /** Whether the body has become a stream. */
  isStream = false;

  /** Called by Node's parser, with null at the end. */
  override push(piece: Buffer | null): boolean {
    const { sink } = this;
    if (!sink) {
      this.isStream = true;
      return super.push(piece);
    }
    if (piece) return sink.add(piece);
    this.sink = undefined;
    this.endStream();
    sink.end();
    return true;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.sink?.breakOff();
    super._destroy(error, callback);
  }

  /** Ends the stream for Node, which looks whether it was read before it takes the connection's next request. */
  private endStream(): void {
    const internals = this as Internals;
    if (internals._dumpAndCloseReadable) internals._dumpAndCloseReadable();
    else {
      super.push(null);
      this.resume();
    }
  }
}
