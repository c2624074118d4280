import { Logger } from '@nestjs/common';

const WINDOW_MS = 10_000;
const MOST_KINDS = 100;

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface Kind {
  readonly level: 'warn' | 'error';
  readonly msg: string;
  readonly timer: NodeJS.Timeout;
  suppressed: number;
}

/** Writes the first line of a kind in ten seconds, and counts the others: an outage must not fill the disk. */
export class RepeatedLines {
  private readonly logger: Logger;
  private readonly kinds = new Map<string, Kind>();

  constructor(context: string) {
    this.logger = new Logger(context);
  }

  write(level: 'warn' | 'error', kind: string, line: Line): void {
    const key = this.kinds.size < MOST_KINDS || this.kinds.has(kind) ? kind : 'other';
    const known = this.kinds.get(key);
    if (known) {
      known.suppressed++;
      return;
    }
    this.logger[level](line);
    const timer = setTimeout(() => this.close(key), WINDOW_MS).unref();
    this.kinds.set(key, { level, msg: line.msg, timer, suppressed: 0 });
  }

  /** Writes the counts before the process ends. */
  flush(): void {
    for (const key of [...this.kinds.keys()]) this.close(key);
  }

  private close(key: string): void {
    const { level, msg, timer, suppressed } = this.kinds.get(key)!;
    clearTimeout(timer);
    this.kinds.delete(key);
    if (suppressed > 0)
      this.logger[level]({ msg: `${msg}: more lines of this kind were left out`, kind: key, suppressed });
  }
}
