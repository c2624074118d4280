import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '../../config/config.js';
import { DatabaseState } from '../../database/database-state.js';
import { wordsOf } from '../../problems/error-words.js';
import { Draining } from '../../runtime/draining.js';
import { RepeatedLines } from '../../runtime/repeated-lines.js';
import { HeldWork } from './held-work.js';
import { LeaseRepository, type Lease } from './lease.repository.js';
import type { Work } from './work.js';

/** How soon a start notices that the database is there; nothing is asked for that. */
const FIRST_LOOK_MS = 50;
/** The share of the time that requests under way have when the service stops. */
const PART_OF_STOP = 0.8;
/** For what is in hand to notice that it was cut. */
const CUT_MS = 1_000;

/**
 * Runs each work in one process at a time. A process that holds leases renews all of them by one statement, three times in a
 * term, and looks by another one at which are free; without any work it does nothing at all.
 */
@Injectable()
export class Leases implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Leases.name);
  private readonly lines = new RepeatedLines(Leases.name);
  private readonly holder = randomUUID();
  private readonly works = new Map<string, Work>();
  private readonly held = new Set<string>();
  private readonly running = new Map<string, HeldWork>();
  /** When the stop began, by `performance.now()`. */
  private stoppedAt: number | undefined;
  private givenBack: readonly Promise<void>[] = [];
  private looking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Ends what is held when it could not be renewed for a whole term. */
  private expiry: NodeJS.Timeout | undefined;

  constructor(
    private readonly repository: LeaseRepository,
    private readonly state: DatabaseState,
    private readonly config: Config,
    draining: Draining,
  ) {
    draining.onDrain(() => this.stop());
  }

  /** Before `begin`. */
  add(work: Work): void {
    this.works.set(work.name, work);
  }

  begin(): void {
    if (this.works.size > 0 && this.config.background.isOn) this.lookIn(FIRST_LOOK_MS);
  }

  /**
   * Waits for work in hand, and then cuts it: it comes again elsewhere. Before the listener is closed, because the database is
   * closed right after that; what is left of the time is for requests that are under way by then.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.stop();
    const { drainMs, inFlightMs } = this.config.shutdown;
    await this.allGivenBack(this.stoppedAt! + drainMs + PART_OF_STOP * inFlightMs - performance.now());
    for (const one of this.running.values()) one.cut();
    await this.allGivenBack(CUT_MS);
    await this.looking;
    clearTimeout(this.timer);
    clearTimeout(this.expiry);
    this.lines.flush();
  }

  private get isStopping(): boolean {
    return this.stoppedAt !== undefined;
  }

  /** Begins nothing more. What is in hand goes on, under leases that are renewed until it has ended. */
  private stop(): void {
    if (this.isStopping) return;
    this.stoppedAt = performance.now();
    this.givenBack = [...this.held].map((name) => this.giveBack(name));
  }

  private async giveBack(name: string): Promise<void> {
    const one = this.running.get(name);
    one?.end();
    await one?.done;
    // Another process need not wait until the term is over.
    if (this.held.delete(name)) await this.repository.release(name, this.holder).catch(() => undefined);
  }

  private async allGivenBack(withinMs: number): Promise<void> {
    if (this.givenBack.length === 0 || withinMs <= 0) return;
    const late = new AbortController();
    const end = sleep(withinMs, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.givenBack), end]);
    late.abort();
  }

  private lookIn(ms: number): void {
    if (this.isStopping && this.held.size === 0) return;
    this.timer = setTimeout(() => {
      if (!this.state.isWritable && this.held.size === 0) return this.lookIn(FIRST_LOOK_MS);
      this.looking = this.look()
        .catch((error: unknown) => {
          const message = wordsOf(error);
          this.lines.write('warn', message, { msg: `Leases stay as they are: ${message}` });
        })
        .then(() => this.lookIn(this.config.background.leaseMs / 3));
    }, ms).unref();
  }

  private async look(): Promise<void> {
    const askedAt = performance.now();
    if (this.held.size > 0) await this.repository.renew([...this.held], this.holder);
    const leases = await this.repository.find([...this.works.keys()]);
    // Work that was given back meanwhile can't be lost, and nothing is begun any more.
    for (const lease of leases) {
      const { name, holder } = lease;
      if (!this.held.has(name)) await this.tryToTake(lease);
      else if (holder !== this.holder) this.lose(name, 'another process has it');
    }
    this.expireAt(askedAt + this.config.background.leaseMs);
    for (const name of this.held) if (!this.isStopping && !this.running.has(name)) this.start(this.works.get(name)!);
  }

  private async tryToTake({ name, holder, isFree }: Lease): Promise<void> {
    // It may be this process's own: one that was lost in an outage.
    if (!isFree && holder !== this.holder) return;
    // Work that still runs here is not begun again beside itself.
    if (this.isStopping || this.running.has(name)) return;
    if (!(await this.repository.take(name, this.holder))) return;
    if (this.isStopping) return this.repository.release(name, this.holder);
    this.held.add(name);
    this.logger.log(`${name} runs in this process`);
  }

  private expireAt(at: number): void {
    clearTimeout(this.expiry);
    if (this.held.size === 0) return;
    this.expiry = setTimeout(() => {
      for (const name of this.held) this.lose(name, 'the database could not be asked for a whole term');
    }, at - performance.now()).unref();
  }

  private start(work: Work): void {
    const { name } = work;
    const held = new HeldWork(work, (error) => this.tell(name, error));
    this.running.set(name, held);
    void held.done.then(() => this.running.delete(name));
  }

  private lose(name: string, why: string): void {
    this.held.delete(name);
    this.running.get(name)?.cut();
    this.logger.warn(`${name} no longer runs in this process: ${why}`);
  }

  private tell(name: string, error: Error): void {
    const words = wordsOf(error);
    this.lines.write('error', `${name} ${words}`, { msg: `${name} begins anew: ${words}`, err: error });
  }
}
