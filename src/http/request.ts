import { IncomingMessage } from 'node:http';
import { DomainError } from './domain-error.js';

/** @param body all of it where there is no error */
type Done = (error: Error | null, body: Buffer) => void;

const NOTHING = Buffer.alloc(0);

/**
 * Reads a body, of a client that may send it slowly, break off, or never stop.
 * @param limitBytes of the whole body
 * @param done called once. @throws DomainError `content-too-large`; Error for a body that is broken off
 */
export function readBody(request: IncomingMessage, limitBytes: number, done: Done): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  // No body is announced by either (RFC 9112 section 6.3): then there is nothing to wait for.
  if (coding === undefined && (length ?? '0') === '0') return done(null, NOTHING);
  const body = new Body(limitBytes, done);
  if (Number(length) > limitBytes) body.refuse();
  else if (request instanceof Request && !request.isStream) request.body = body;
  else
    request
      .on('data', (piece: Buffer) => body.add(piece))
      .on('end', () => body.end())
      .on('error', (error) => body.fail(error));
}

/** What has come of a body. */
class Body {
  private readonly pieces: Buffer[] = [];
  private bytes = 0;
  private isOver = false;

  constructor(
    private readonly limit: number,
    private readonly done: Done,
  ) {}

  add(piece: Buffer): void {
    this.bytes += piece.length;
    if (this.bytes > this.limit) this.refuse();
    else this.pieces.push(piece);
  }

  end(): void {
    const [first = NOTHING, ...more] = this.pieces;
    this.finish(null, more.length === 0 ? first : Buffer.concat(this.pieces));
  }

  refuse(): void {
    this.fail(new DomainError('content-too-large', `A body may have ${this.limit} bytes.`));
  }

  fail(error: Error): void {
    this.finish(error, NOTHING);
  }

  private finish(error: Error | null, body: Buffer): void {
    if (this.isOver) return;
    this.isOver = true;
    this.done(error, body);
  }
}

/** What this uses of Node's own request beside what Node documents; since Node 24.12. */
interface Internals {
  _dumpAndCloseReadable?: () => void;
}

/**
 * Node's request, whose body need not become a stream: pieces go from the parser to who asked for them before the first
 * one came, as nearly all do. Three turns of events for each body took a twentieth of a create.
 */
export class Request extends IncomingMessage {
  /** Gets the pieces in place of the stream. */
  body: Body | undefined;
  /** Has begun to be one. */
  isStream = false;

  /** Called by Node's parser. */
  override push(piece: Buffer | null): boolean {
    const { body } = this;
    if (!body) {
      this.isStream = true;
      return super.push(piece);
    }
    if (piece) body.add(piece);
    else {
      this.body = undefined;
      this.endStream();
      body.end();
    }
    return true;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.body?.fail(error ?? new Error('The body was broken off.'));
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
