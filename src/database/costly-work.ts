import { DomainError } from '../problems/domain-error.js';

export interface CostlyLimits {
  /** Statements at once, of all callers together. */
  readonly atOnce: number;
  readonly perCaller: number;
  /** Statements that wait for their turn, of all callers together. */
  readonly waiting: number;
  readonly waitMs: number;
}

/** The caller of a statement. */
export interface Asker {
  /** The id of the caller. */
  readonly caller: string;
  /** Whether it reads more of an answer that has begun, which can't be refused any more: it waits as long as it takes. */
  readonly hasBegun?: boolean | undefined;
}

interface Waiter {
  readonly enter: () => void;
  readonly refuse: (error: Error) => void;
  /** Undefined where it waits as long as it takes. */
  readonly timer: NodeJS.Timeout | undefined;
}

interface Line {
  readonly caller: string;
  running: number;
  readonly waiting: Waiter[];
}

/**
 * The share of the database that costly statements have: a bulkhead, so that what is quick never waits behind them, with a
 * turn for each caller who waits, whatever the others have waiting. Where too many wait, the caller with the most of them loses
 * the latest (as fq_codel does, RFC 8290 section 4.1.2).
 */
export class CostlyWork {
  /** Queues by caller, the caller whose turn is next first. */
  private readonly lines = new Map<string, Line>();
  private running = 0;
  private waiting = 0;

  constructor(private readonly limits: CostlyLimits) {}

  get usage(): { readonly used: number; readonly waiting: number } {
    return { used: this.running, waiting: this.waiting };
  }

  /** @throws DomainError `rate-limited` where the caller's own share is in use, `database-busy` where all of it is */
  async run<T>({ caller, hasBegun }: Asker, work: () => Promise<T>): Promise<T> {
    let line = this.lines.get(caller);
    if (!line) this.lines.set(caller, (line = { caller, running: 0, waiting: [] }));
    if (this.mayGo(line) && line.waiting.length === 0) this.begin(line);
    else await this.turn(line, hasBegun === true);
    try {
      return await work();
    } finally {
      line.running--;
      this.running--;
      this.forgetIdle(line);
      this.next();
    }
  }

  private mayGo({ running }: Line): boolean {
    return this.running < this.limits.atOnce && running < this.limits.perCaller;
  }

  private begin(line: Line): void {
    line.running++;
    this.running++;
  }

  private turn(line: Line, isPatient: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => this.refuse(line, waiter);
      const timer = isPatient ? undefined : setTimeout(late, this.limits.waitMs);
      const waiter: Waiter = { enter: resolve, refuse: reject, timer };
      line.waiting.push(waiter);
      this.waiting++;
      if (this.waiting > this.limits.waiting) this.dropFromLongest(line);
    });
  }

  private dropFromLongest(newest: Line): void {
    let longest = newest;
    for (const line of this.lines.values()) if (line.waiting.length > longest.waiting.length) longest = line;
    const latest = longest.waiting.findLast(({ timer }) => timer !== undefined);
    if (latest) this.refuse(longest, latest);
  }

  private refuse(line: Line, waiter: Waiter): void {
    this.remove(line, waiter);
    waiter.refuse(line.running >= this.limits.perCaller ? ownShareInUse(this.limits) : allInUse());
    this.forgetIdle(line);
  }

  private remove(line: Line, waiter: Waiter): void {
    line.waiting.splice(line.waiting.indexOf(waiter), 1);
    this.waiting--;
    clearTimeout(waiter.timer);
  }

  /** Lets those in for whom there is room now. Who had a turn comes after all others. */
  private next(): void {
    for (const line of this.lines.values()) {
      if (this.running >= this.limits.atOnce) return;
      const [first] = line.waiting;
      if (!first || !this.mayGo(line)) continue;
      this.lines.delete(line.caller);
      this.lines.set(line.caller, line);
      this.remove(line, first);
      this.begin(line);
      first.enter();
    }
  }

  private forgetIdle({ caller, running, waiting }: Line): void {
    if (running === 0 && waiting.length === 0) this.lines.delete(caller);
  }
}

const HEADERS = { 'retry-after': '1' };
const WHAT = 'filters and row rules that no one index answers, counts, exports, and sorts by several fields';

function ownShareInUse({ perCaller }: CostlyLimits): DomainError {
  const detail = `Your share of costly reads (${WHAT}) is in use: ${perCaller} at once. Wait for the answers before you ask for more.`;
  return new DomainError('rate-limited', detail, { headers: HEADERS, log: { limit: 'costly' } });
}

function allInUse(): DomainError {
  const detail = `The share of costly reads (${WHAT}) is in use by all callers together. Try again; reads by id go on.`;
  return new DomainError('database-busy', detail, { headers: HEADERS, log: { limit: 'costly' } });
}
