import type { CrudModel } from '../crud/crud.model.js';
import { RepeatedLines } from '../observability/repeated-lines.js';
import { ChangeEvent } from './change-event.js';
import type { ChangeRepository } from './change.repository.js';
import type { FeedRepository } from './feed.repository.js';

/** How often other processes' commits are looked for: while changes come, and while none do. */
const BUSY_MS = 25;
const IDLE_MS = 250;
const BUSY_FOR_MS = 10_000;

export interface FeedListener {
  /** Called with events in order, each once. */
  deliver(events: readonly ChangeEvent[]): void;
  /** The history is another one now (a restore): what was read no longer stands. */
  reset(): void;
}

/**
 * Reads one module's feed for all watchers of this process: numbers what is committed, reads what is numbered, in one
 * loop, woken by local commits. It runs only while somebody listens.
 */
export class FeedReader {
  private readonly lines = new RepeatedLines(FeedReader.name);
  private readonly listeners = new Set<FeedListener>();
  private position: number | null = null;
  /** What comes up to it is on disk, and stays: only that is delivered. */
  private head = 0;
  private epoch = '';
  private running: Promise<void> | null = null;
  private wake: () => void = () => undefined;
  private lastChange = 0;
  private stopped = false;

  constructor(
    private readonly model: CrudModel,
    private readonly feeds: FeedRepository,
    private readonly changes: ChangeRepository,
  ) {}

  /** @returns how far the reader is; events after it will be delivered, those before are the listener's to read */
  async listen(listener: FeedListener): Promise<{ seq: number; epoch: string }> {
    this.listeners.add(listener);
    try {
      // Two that begin at once begin with the same look.
      if (this.position === null) await this.begin();
    } catch (error) {
      this.leave(listener);
      throw error;
    }
    this.running ??= this.run();
    return { seq: this.position!, epoch: this.epoch };
  }

  leave(listener: FeedListener): void {
    this.listeners.delete(listener);
  }

  /** Something was committed in this process. */
  notify(): void {
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async begin(): Promise<void> {
    const { head, epoch } = await this.feeds.number(this.model.name, 0);
    this.head = head;
    this.position ??= head;
    this.epoch = epoch;
  }

  private async run(): Promise<void> {
    while (this.listeners.size > 0 && !this.stopped) {
      let more = false;
      try {
        more = await this.step();
      } catch (error) {
        // The database is away: watchers stay, and go on when it is back.
        const { message } = error as Error;
        this.lines.write('warn', message, { msg: `The feed of ${this.model.name} waits: ${message}` });
      }
      if (!more) await this.pause();
    }
    this.running = null;
    this.position = null;
  }

  private async step(): Promise<boolean> {
    const { name } = this.model;
    const { head, epoch } = await this.feeds.number(name, this.head);
    if (epoch !== this.epoch) return this.reset();
    this.head = head;
    if (head <= this.position!) return false;
    const rows = await this.changes.between(name, this.position!, head);
    if (rows[0]?.seq !== this.position! + 1) {
      const { min_seq: minSeq } = await this.feeds.get(name);
      if (minSeq > this.position! + 1) return this.reset();
      throw new Error(`The feed of ${name} has a gap after ${this.position!}`);
    }
    this.position = rows.at(-1)!.seq!;
    this.lastChange = Date.now();
    const events = rows.map((row) => new ChangeEvent(row, this.model, this.epoch));
    for (const listener of this.listeners) listener.deliver(events);
    return true;
  }

  private async reset(): Promise<boolean> {
    for (const listener of this.listeners) listener.reset();
    this.position = null;
    await this.begin();
    return false;
  }

  private pause(): Promise<void> {
    const ms = Date.now() - this.lastChange < BUSY_FOR_MS ? BUSY_MS : IDLE_MS;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
