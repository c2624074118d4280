import { Logger } from '@nestjs/common';
import { ChangeEvent } from './change-event.js';
import { FeedBroken, type FeedCursor, type Head } from './feed-cursor.js';
import { reasonOf } from '../database/sql-errors.js';
import { wordsOf } from '../problems/error-words.js';
import { inNoContext, inRootSpan } from '../runtime/tracing.js';
import type { Position } from './position.js';

/** Milliseconds between two looks for other processes' commits: while changes come, and while none do. */
const BUSY_MS = 25;
const IDLE_MS = 250;
const BUSY_FOR_MS = 10_000;

export interface FeedListener {
  /** Called with events in order, each once. */
  deliver(events: readonly ChangeEvent[]): void;
  /** Ends the delivery: the history is another one now (a restore), or the reader ends. */
  end(): void;
}

/**
 * Reads one module's feed for all watchers of this process: numbers what is committed, reads what is numbered, in one
 * loop, woken by local commits.
 *
 * The loop runs exactly while there are listeners. `listen` starts it in the turn that adds a listener, and the loop
 * decides to end, and is no longer the running one, in one turn as well: nothing can come in between.
 */
export class FeedReader {
  private readonly logger = new Logger(FeedReader.name);
  /** Listeners that wait for the look which gives them their position. */
  private readonly joining = new Map<FeedListener, PromiseWithResolvers<Position | null>>();
  /** Listeners that are told of every change after the cursor's place, which means nothing without them. */
  private readonly listeners = new Set<FeedListener>();
  private isRunning = false;
  private isStopped = false;
  private isWoken = false;
  private wake: () => void = () => undefined;
  private lastChange = 0;
  private lastRead = 0;
  private failure = '';

  /** @param onDelivery is told of the events that were delivered together */
  constructor(
    private readonly cursor: FeedCursor,
    private readonly onDelivery: (events: readonly ChangeEvent[]) => void = () => undefined,
  ) {}

  /**
   * @param after how far the listener is already: it need not wait for a look, unless it is ahead of the reader
   * @returns how far the reader is; events after it will be delivered, those before are the listener's to read. Without
   * `after` nothing that was committed before the call comes after it. Null for a listener that has left, or was ended
   * @throws DomainError when the feed can not be read
   */
  listen(listener: FeedListener, after = Infinity): Promise<Position | null> {
    if (this.isStopped) return Promise.resolve(null);
    if (this.listeners.size > 0 && after <= this.seq) {
      this.listeners.add(listener);
      return Promise.resolve(this.cursor.position);
    }
    if (!this.isWanted) this.lastRead = performance.now();
    const joined = Promise.withResolvers<Position | null>();
    this.joining.set(listener, joined);
    this.notify();
    // Not in the trace of who happened to come first.
    if (!this.isRunning) void inNoContext(() => this.run());
    return joined.promise;
  }

  leave(listener: FeedListener): void {
    this.listeners.delete(listener);
    this.joining.get(listener)?.resolve(null);
    this.joining.delete(listener);
    if (!this.isWanted) this.notify();
  }

  /** The number of the last change that was delivered. */
  get seq(): number {
    return this.cursor.position.seq;
  }

  /** Milliseconds since the feed was read, while somebody listens: more than a second says that something is wrong. */
  get staleMs(): number {
    return this.isWanted ? performance.now() - this.lastRead : 0;
  }

  /** Why the last look failed. */
  get lastFailure(): string {
    return this.failure;
  }

  /** Something was committed in this process. */
  notify(): void {
    this.isWoken = true;
    this.wake();
  }

  stop(): void {
    this.isStopped = true;
    for (const listener of [...this.joining.keys(), ...this.listeners]) this.drop(listener);
  }

  private get isWanted(): boolean {
    return this.listeners.size > 0 || this.joining.size > 0;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.isWanted) {
      this.isWoken = false;
      const isBusy = await this.look().catch((error: unknown) => this.fail(error as Error));
      if (!isBusy) await this.pause();
    }
    this.isRunning = false;
  }

  /** Delivers what is new, then lets in those who waited for that. @returns whether there may be more at once */
  private async look(): Promise<boolean> {
    if (this.listeners.size === 0) this.cursor.reset();
    const joining = [...this.joining.keys()];
    const feed = await this.cursor.look(joining.length > 0);
    let isBusy = false;
    while (this.listeners.size > 0 && this.seq < feed.head) {
      await this.deliverNext(feed);
      isBusy = true;
    }
    if (this.listeners.size === 0) await this.cursor.skipTo(feed);
    for (const listener of joining) {
      const joined = this.joining.get(listener);
      if (!joined) continue;
      this.joining.delete(listener);
      this.listeners.add(listener);
      joined.resolve(this.cursor.position);
    }
    this.lastRead = performance.now();
    this.failure = '';
    return isBusy;
  }

  private deliverNext(feed: Head): Promise<void> {
    const { name } = this.cursor.model;
    const attributes = { 'plinth.module': name, 'plinth.watchers': this.listeners.size };
    return inRootSpan(`feed ${name}`, attributes, reasonOf, async () => {
      const rows = await this.cursor.next(feed);
      const { epoch } = this.cursor.position;
      this.deliver(rows.map((row) => new ChangeEvent(row, this.cursor.model, epoch)));
    });
  }

  private deliver(events: readonly ChangeEvent[]): void {
    this.lastRead = performance.now();
    this.lastChange = Date.now();
    for (const listener of this.listeners) {
      try {
        listener.deliver(events);
      } catch (error) {
        this.logger.error({ err: error, msg: `A watcher of ${this.cursor.model.name} failed, and is ended` });
        this.drop(listener);
      }
    }
    this.onDelivery(events);
  }

  private drop(listener: FeedListener): void {
    this.leave(listener);
    try {
      listener.end();
    } catch (error) {
      this.logger.error({ err: error, msg: `A watcher of ${this.cursor.model.name} could not be ended` });
    }
  }

  private fail(error: Error): boolean {
    const { name } = this.cursor.model;
    if (error instanceof FeedBroken) {
      this.logger.warn(`The feed of ${name} is not the one that was read, its watchers are ended: ${error.message}`);
      // Clients that come back hear whether they can resume.
      for (const listener of this.listeners) this.drop(listener);
      return true;
    }
    this.failure = wordsOf(error);
    // Callers that wait for a position hear why there is none. The others stay, and go on when the database is back.
    for (const { reject } of this.joining.values()) reject(error);
    this.joining.clear();
    return false;
  }

  private pause(): Promise<void> {
    if (this.isWoken) return Promise.resolve();
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
