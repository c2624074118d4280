import type { FastifyReply } from 'fastify';
import { allowSlowReading } from '../http/engine/unread-answers.js';
import { EVENTS_TYPE } from '../http/media-types.js';

const HEARTBEAT_MS = 15_000;
/** Bytes that a reader may be behind before it is dropped; it resumes where it was. */
const MOST_BEHIND_BYTES = 65_536;

/** One server-sent event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventStream {
  private heartbeat: NodeJS.Timeout | undefined;
  private opened = false;
  private closed = false;
  private dropped = false;

  /** @param onClose called once, when the client has left or the stream was ended, also before it was opened */
  constructor(
    private readonly reply: FastifyReply,
    private readonly onClose: () => void,
  ) {
    const { raw } = reply;
    raw.on('close', () => this.finish());
    raw.on('error', () => this.finish());
    // A client that has left before causes no event any more.
    if (raw.destroyed) process.nextTick(() => this.finish());
  }

  /** Whether the head was sent. */
  get isOpen(): boolean {
    return this.opened;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Whether nobody is there to be answered. */
  get isLeft(): boolean {
    return this.reply.raw.destroyed;
  }

  /** Whether it was ended because its reader left too much lying. */
  get isDropped(): boolean {
    return this.dropped;
  }

  /** Sends the head: from here on a failure can only end the stream. To HEAD that is all there is. */
  open(): void {
    const { raw, request } = this.reply;
    this.reply.hijack();
    this.opened = true;
    raw.writeHead(200, {
      ...(this.reply.getHeaders() as Record<string, string>),
      'content-type': EVENTS_TYPE,
      'cache-control': 'no-store',
      // Proxies that buffer would hold events back.
      'x-accel-buffering': 'no',
    });
    if (request.method === 'HEAD') {
      raw.end();
      return this.finish();
    }
    raw.flushHeaders();
    allowSlowReading(raw.socket);
    this.heartbeat = setInterval(() => this.remark(':\n\n'), HEARTBEAT_MS);
  }

  /** Ends the answer to a client that has left: those who count what is under way wait for that. */
  abandon(): void {
    this.reply.hijack();
    this.reply.raw.end();
    this.finish();
  }

  /** Sends an event that happens now: a single large one is let through, a reader that leaves events lying is dropped. */
  send(text: string): void {
    if (this.closed) return;
    const { raw } = this.reply;
    if (raw.writableLength <= MOST_BEHIND_BYTES) raw.write(text);
    else {
      this.dropped = true;
      raw.destroy();
      this.finish();
    }
  }

  /** Sends a sign of life; left out while anything else is still on its way. */
  remark(text: string): void {
    if (!this.closed && this.reply.raw.writableLength === 0) this.reply.raw.write(text);
  }

  /** Sends events of the past, which may be more than a reader may be behind: waits until they are on their way. */
  async sendAll(text: string): Promise<void> {
    const { raw } = this.reply;
    if (this.closed || text === '' || raw.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        raw.off('drain', done).off('close', done);
        resolve();
      };
      raw.on('drain', done).on('close', done);
    });
  }

  /** Ends the stream; the client comes back after `retryMs`. */
  end(retryMs: number): void {
    if (this.closed) return;
    if (this.opened) this.reply.raw.end(`retry: ${Math.round(retryMs)}\n\n`);
    this.finish();
  }

  private finish(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.heartbeat);
    this.onClose();
  }
}
