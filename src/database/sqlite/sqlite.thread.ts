import { Worker } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { RowsPart, Statement, Write } from '../session.js';
import { unpackOutcomes, type Answer, type Order, type Packed, type Start, type Thrown } from './sqlite.messages.js';

/** Reads of one order: the first are answered while the next are read. */
const AT_ONCE = 4;
/** Reads that wait here; more of them, and the first thread takes its share, which then sheds load if it has to. */
const MOST_WAITING = 64;

interface Waiter<R> {
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}
type Reader = Waiter<RowsPart> & Statement;
type Take = (answer: Answer | ThreadLost) => void;

/** The thread has ended: what was under way there was read in vain, or committed or not. */
export class ThreadLost extends Error {}

/**
 * A second thread with a connection of its own to the same file, so that the first can go on with HTTP: what SQLite does for
 * a page takes half as long as all the rest, and a commit waits for the disk. There and back two threads have to be woken,
 * some 50 µs: worth it for what comes together, and not for what comes alone.
 */
export class SqliteThread {
  private worker: Worker | undefined;
  private isUp = false;
  private isOver = false;
  private gathered: Reader[] = [];
  /** Orders that were sent, in their order: each takes its answer. */
  private readonly sent: Take[] = [];
  /** Reads that have no answer yet. */
  private waiting = 0;
  private ended: Promise<void> | undefined;

  /**
   * @param onLost called once, when it ends without having been closed
   */
  constructor(
    private readonly start: Start,
    private readonly onLost: (error: Error) => void,
  ) {}

  /** Begins when it is first asked; false until then, and after it was lost or closed. */
  get isReady(): boolean {
    this.beginOnce();
    return this.isUp && !this.isOver;
  }

  get hasEnded(): boolean {
    return this.isOver;
  }

  get isFull(): boolean {
    return this.waiting >= MOST_WAITING;
  }

  /** Reads on the thread; reads of one turn of the event loop go together. @throws SqliteError, ThreadLost */
  read({ sql, params, mostBytes }: Statement): Promise<RowsPart> {
    this.waiting++;
    return new Promise((resolve, reject) => {
      if (this.gathered.push({ sql, params, mostBytes, resolve, reject }) === 1) setImmediate(() => this.sendReads());
    });
  }

  /**
   * Alone, and also where the thread has to begin first.
   * @throws SqliteError `SQLITE_INTERRUPT` after so many milliseconds; ThreadLost
   */
  readWithin(limitMs: number, { sql, params, mostBytes }: Statement): Promise<RowsPart> {
    this.beginOnce();
    this.waiting++;
    return new Promise((resolve, reject) => this.sendSome([{ sql, params, mostBytes, resolve, reject }], limitMs));
  }

  /** As `Statements.commit`. @throws SqliteError, ThreadLost */
  commit(writes: readonly Write[]): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const take: Take = (answer) => {
        if (answer instanceof ThreadLost) reject(answer);
        else if (typeof answer === 'boolean') resolve(answer);
        else reject(errorOf(answer as Thrown));
      };
      this.send({ kind: 'commit', writes }, take);
    });
  }

  /** Ends the thread after all that was sent. */
  close(): Promise<void> {
    const { worker } = this;
    if (this.isOver || !worker) {
      this.isOver = true;
      return this.ended ?? Promise.resolve();
    }
    this.isOver = true;
    worker.ref();
    // Also while it begins, and not by `terminate`: to be ended while it loads SQLite has ended the whole process.
    worker.postMessage({ kind: 'close' } satisfies Order);
    return this.ended!;
  }

  private beginOnce(): void {
    if (!this.worker && !this.isOver) this.begin();
  }

  private begin(): void {
    // As it is in the sources, where tests run it, and after it was built.
    const file = new URL(`./sqlite.worker${import.meta.url.slice(-3)}`, import.meta.url);
    try {
      // Modules that the process was told to import (`--import`) are of no use there.
      this.worker = new Worker(file, { workerData: this.start, execArgv: [] });
    } catch (error) {
      // No thread is to be had, for example.
      return this.end(new ThreadLost((error as Error).message, { cause: error }));
    }
    const { worker } = this;
    worker.unref();
    worker.on('message', (message: Answer) => {
      if (message === 'ready') this.isUp = true;
      else this.take(message);
    });
    worker.on('messageerror', () => void worker.terminate());
    worker.on('error', (error: Error) => this.end(new ThreadLost(error.message, { cause: error })));
    this.ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.end(new ThreadLost('The thread has ended.'));
        resolve();
      });
    });
  }

  private sendReads(): void {
    const { gathered } = this;
    this.gathered = [];
    for (let from = 0; from < gathered.length; from += AT_ONCE) this.sendSome(gathered.slice(from, from + AT_ONCE));
  }

  private sendSome(readers: readonly Reader[], limitMs?: number): void {
    const failed = (error: unknown) => {
      this.waiting -= readers.length;
      for (const { reject } of readers) reject(error);
    };
    const take: Take = (answer) => {
      if (answer instanceof ThreadLost) return failed(answer);
      this.waiting -= readers.length;
      unpackOutcomes(answer as Packed).forEach((outcome, n) => {
        const { resolve, reject } = readers[n]!;
        if ('rows' in outcome) resolve(outcome);
        else reject(errorOf(outcome));
      });
    };
    try {
      const statements = readers.map(({ sql, params, mostBytes }) => ({ sql, params, mostBytes }));
      this.send({ kind: 'read', statements, limitMs }, take);
    } catch (error) {
      // A parameter that is none.
      failed(error);
    }
  }

  private send(order: Order, take: Take): void {
    if (this.isOver) return take(new ThreadLost('The thread has ended.'));
    this.worker!.postMessage(order);
    // The process does not end while somebody waits.
    if (this.sent.push(take) === 1) this.worker!.ref();
  }

  private take(answer: Answer): void {
    const take = this.sent.shift();
    if (this.sent.length === 0 && !this.isOver) this.worker!.unref();
    take?.(answer);
  }

  private end(lost: ThreadLost): void {
    if (!this.isOver) this.onLost(lost);
    this.isOver = true;
    this.isUp = false;
    this.worker = undefined;
    for (const take of this.sent.splice(0)) take(lost);
  }
}

function errorOf({ message, code }: Thrown): Error {
  return code === undefined ? new Error(message) : new Sqlite.SqliteError(message, code);
}
