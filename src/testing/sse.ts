import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SseEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Record<string, unknown> & { subject?: string; data?: Record<string, unknown> };
}

/** A reader of server-sent events that keeps what it was told. */
export class SseReader {
  readonly events: SseEvent[] = [];
  lastEventId: string | undefined;
  retryMs: number | undefined;
  comments = 0;
  ended = false;
  private request: ClientRequest | undefined;

  /** @throws Error with the body when the answer is not a stream */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SseReader> {
    const reader = new SseReader();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      reader.request = get(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false }, resolve).on(
        'error',
        reject,
      );
    });
    let text = '';
    response.setEncoding('utf8');
    if (response.statusCode !== 200) {
      for await (const chunk of response) text += String(chunk);
      throw new Error(text);
    }
    response.on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        reader.take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    });
    const finish = () => (reader.ended = true);
    response.on('end', finish).on('error', finish).on('close', finish);
    return reader;
  }

  /** Events that are no bookmarks. */
  get changes(): SseEvent[] {
    return this.events.filter(({ event }) => event !== 'bookmark');
  }

  async until(done: (reader: this) => boolean, ms = 10_000): Promise<void> {
    for (const end = Date.now() + ms; !done(this); await sleep(5)) {
      if (Date.now() > end) throw new Error(`Not seen in time: ${JSON.stringify(this.events.slice(-5))}`);
    }
  }

  close(): void {
    this.request?.destroy();
  }

  private take(frame: string): void {
    const fields = new Map<string, string>();
    for (const line of frame.split('\n')) {
      if (line.startsWith(':')) this.comments++;
      const colon = line.indexOf(': ');
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    if (fields.has('retry')) this.retryMs = Number(fields.get('retry'));
    if (!fields.has('data')) return;
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    this.events.push({
      id: fields.get('id'),
      event: fields.get('event')!,
      data: JSON.parse(fields.get('data')!) as SseEvent['data'],
    });
  }
}
