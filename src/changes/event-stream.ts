import type { FastifyReply } from 'fastify';
import { EVENTS_TYPE } from '../http/media-types.js';

const HEARTBEAT_MS = 15_000;
/** What a reader may be behind before it is dropped; it resumes where it was. */
const MOST_BEHIND_BYTES = 65_536;

/** One server-sent event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;
  private closed = false;

  constructor(
    private readonly reply: FastifyReply,
    private readonly onClose: () => void,
  ) {
    const { raw } = reply;
    reply.hijack();
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': EVENTS_TYPE,
      'cache-control': 'no-store',
      // Proxies that buffer would hold events back.
      'x-accel-buffering': 'no',
    });
    raw.on('close', () => this.finish());
    raw.on('error', () => this.finish());
    this.heartbeat = setInterval(() => this.send(':\n\n'), HEARTBEAT_MS);
    raw.flushHeaders();
  }

  get isClosed(): boolean {
    return this.closed;
  }

  send(text: string): void {
    if (this.closed) return;
    const { raw } = this.reply;
    // A single large event is let through; a reader that leaves events lying is not.
    if (raw.writableLength > MOST_BEHIND_BYTES) {
      raw.destroy();
      return;
    }
    raw.write(text);
  }

  /** Waits until what was sent is on its way: for a snapshot, which may be larger than what a reader may be behind. */
  async drained(): Promise<void> {
    const { raw } = this.reply;
    if (this.closed || !raw.writableNeedDrain) return;
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
    this.reply.raw.end(`retry: ${Math.round(retryMs)}\n\n`);
    this.finish();
  }

  private finish(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.heartbeat);
    this.onClose();
  }
}
