import { ServerResponse, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { hasMuchToCome, readLittle } from './body.js';
import { SECURITY_HEADERS } from './security-headers.js';

/**
 * Node's response, with the security headers. It answers before the end of a body that nobody is going to read, and ends the
 * connection then.
 */
export class PlinthResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Bytes of its body that were handed over. */
  bodyBytes = 0;
  /**
   * Called once: when the answer was handed over; of one that is sent piece by piece when it is over, whoever ended it.
   * Node's own events come later, and some not at all when the client has left.
   */
  afterwards: (() => void) | undefined;
  private isStream = false;
  private isEarly = false;

  override writeHead(status: number, ...rest: unknown[]): this {
    if (hasMuchToCome(this.req)) {
      this.isEarly = true;
      this.shouldKeepAlive = false;
    }
    const headers = rest.at(-1);
    if (rest.length > 1 || Array.isArray(headers)) return super.writeHead(status, ...(rest as []));
    return super.writeHead(status, { ...SECURITY_HEADERS, ...(headers as OutgoingHttpHeaders | undefined) });
  }

  override write(...rest: unknown[]): boolean {
    this.beginStream();
    this.count(rest[0]);
    return super.write(...(rest as [unknown]));
  }

  override flushHeaders(): void {
    this.beginStream();
    super.flushHeaders();
  }

  override end(...rest: unknown[]): this {
    if (!this.headersSent && hasMuchToCome(this.req)) this.writeHead(this.statusCode);
    this.count(rest[0]);
    if (this.isEarly) this.endEarly(rest);
    else super.end(...(rest as []));
    if (!this.isStream) this.afterwards?.();
    return this;
  }

  private beginStream(): void {
    if (this.isStream) return;
    this.isStream = true;
    this.once('close', () => this.afterwards?.());
  }

  private count(body: unknown): void {
    const isBody = typeof body === 'string' || body instanceof Uint8Array;
    if (isBody && this.req.method !== 'HEAD') this.bodyBytes += Buffer.byteLength(body);
  }

  /** Sends all of it now, and ends the connection when a little more of the body was read. */
  private endEarly([body, encoding]: unknown[]): void {
    this.cork();
    super.flushHeaders();
    if (typeof body === 'string' || Buffer.isBuffer(body)) super.write(body, encoding as BufferEncoding);
    this.uncork();
    readLittle(this.req, () => super.end());
  }
}
