import type { CrudModel } from '../crud/crud.model.js';
import type { Field } from '../fields/field.js';
import type { Condition } from '../query/condition.js';
import type { Caller } from '../access/caller.js';
import type { ChangeEvent } from './change-event.js';
import type { EventStream } from './event-stream.js';
import type { FeedListener } from './feed-reader.js';
import { formatPosition, type Position } from './position.js';

const BOOKMARK_MS = 50_000;
/** Streams that are ended together should not all come back together. */
const RETRY_MS = { least: 500, most: 3_000 };

export interface WatchView {
  readonly model: CrudModel;
  readonly fields: readonly Field[];
  /** The caller's row rule, and the filter that they gave. */
  readonly filter?: Condition | undefined;
  /** The row rule alone. */
  readonly visibility?: Condition | undefined;
  /** Whether the caller sees what everybody sees. */
  readonly isPlain: boolean;
}

/** One reader of a feed: what it gets of each event, and how far it is. */
export class Watcher implements FeedListener {
  /** The position up to which the reader knows the changes, or has the rows that they made. */
  private seq = 0;
  private epoch = '';
  /** The number in the last bookmark. */
  private marked = -1;
  /** Whether events are sent as they happen. Until then they are read from the log, once the past was sent. */
  private isLive = false;
  private readonly bookmarks: NodeJS.Timeout;

  constructor(
    private readonly view: WatchView,
    private readonly stream: EventStream,
    private readonly caller: Pick<Caller, 'isStillValid'>,
  ) {
    this.bookmarks = setInterval(() => this.look(), BOOKMARK_MS);
  }

  deliver(events: readonly ChangeEvent[]): void {
    if (!this.isLive) return;
    const text = this.textOf(events);
    if (text !== '') this.stream.send(text);
  }

  get position(): Position {
    return { epoch: this.epoch, seq: this.seq };
  }

  startAt({ epoch, seq }: Position): void {
    this.seq = seq;
    this.epoch = epoch;
  }

  /** Changes that happened before the stream is live. @returns when they are on their way */
  sendPast(events: readonly ChangeEvent[]): Promise<void> {
    return this.stream.sendAll(this.textOf(events));
  }

  /** Sends events as they come from here on. */
  goLive(): void {
    this.isLive = true;
    if (this.seq !== this.marked) this.stream.send(this.bookmark());
  }

  /** While the past is sent. */
  sendBookmark(): Promise<void> {
    return this.stream.sendAll(this.bookmark());
  }

  private textOf(events: readonly ChangeEvent[]): string {
    const { filter, visibility, fields, isPlain } = this.view;
    let text = '';
    for (const event of events) {
      if (event.seq <= this.seq) continue;
      this.seq = event.seq;
      // They were told that it is deleted: there is a position, and nothing more to tell.
      if (event.op === 'purged') text += this.bookmark();
      else if (filter) text += event.filtered(filter, fields, visibility) ?? '';
      else text += isPlain ? event.forEverybody(fields) : event.frame(event.op, fields);
    }
    return text;
  }

  /** Tells the reader its position though no change concerned it, so that it resumes from here. */
  private bookmark(): string {
    this.marked = this.seq;
    return `id: ${formatPosition(this.epoch, this.seq)}\nevent: bookmark\ndata: {}\n\n`;
  }

  /** A stream must not outlive what it was opened with: a key that is revoked, a token that ends. */
  private look(): void {
    if (this.isLive) this.stream.remark(this.bookmark());
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
