import type { CrudModel } from '../crud/crud.model.js';
import type { Field } from '../fields/field.js';
import type { Condition } from '../crud/query/condition.js';
import type { Caller } from '../http/caller.js';
import type { ChangeEvent } from './change-event.js';
import type { EventStream } from './event-stream.js';
import type { FeedListener } from './feed-reader.js';
import { formatPosition } from './position.js';

const BOOKMARK_MS = 50_000;
/** Events that may come while the past is sent; the rest is read again when the client resumes. */
const MOST_WAITING = 10_000;
/** Streams that are ended together should not all come back together. */
const RETRY_MS = { least: 500, most: 3_000 };

export interface WatchView {
  readonly model: CrudModel;
  readonly fields: readonly Field[];
  readonly filter?: Condition | undefined;
  /** Whether the caller sees what everybody sees. */
  readonly isPlain: boolean;
}

/** One reader of a feed: what it gets of each event, and how far it is. */
export class Watcher implements FeedListener {
  private seq = 0;
  private epoch = '';
  /** Events that came while the past, or the rows, were still being sent. */
  private waiting: ChangeEvent[] | null = [];
  private readonly bookmarks: NodeJS.Timeout;

  constructor(
    private readonly view: WatchView,
    private readonly stream: EventStream,
    private readonly caller: Pick<Caller, 'isStillValid'>,
  ) {
    this.bookmarks = setInterval(() => this.look(), BOOKMARK_MS);
  }

  deliver(events: readonly ChangeEvent[]): void {
    if (!this.waiting) return this.send(events);
    this.waiting.push(...events);
    if (this.waiting.length > MOST_WAITING) this.end();
  }

  reset(): void {
    this.end();
  }

  /** What comes up to `seq` is known to the reader, or is part of the rows it was sent. */
  startAt(seq: number, epoch: string): void {
    this.seq = seq;
    this.epoch = epoch;
  }

  /** From here on events go out as they come. */
  goLive(): void {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    this.send(waiting);
    this.bookmark();
  }

  send(events: readonly ChangeEvent[]): void {
    const { filter, fields, isPlain } = this.view;
    let text = '';
    for (const event of events) {
      if (event.seq <= this.seq) continue;
      this.seq = event.seq;
      if (filter) text += event.filtered(filter, fields) ?? '';
      else text += isPlain ? event.forEverybody(fields) : event.frame(event.op, fields);
    }
    if (text !== '') this.stream.send(text);
  }

  /** Where the reader is, though nothing that it asked for has happened: it then resumes from here. */
  bookmark(): void {
    if (this.waiting) return;
    this.stream.send(`id: ${formatPosition(this.epoch, this.seq)}\nevent: bookmark\ndata: {}\n\n`);
  }

  /** A stream must not outlive what it was opened with: a key that is revoked, a token that ends. */
  private look(): void {
    this.bookmark();
    this.caller.isStillValid().then(
      (isValid) => {
        if (!isValid) this.end();
      },
      // Nobody can tell at the moment: the next look will.
      () => undefined,
    );
  }

  end(): void {
    this.stream.end(RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least));
  }

  close(): void {
    clearInterval(this.bookmarks);
  }
}
