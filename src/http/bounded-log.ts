import { Logger } from '@nestjs/common';

const LINES = 10;
const PERIOD_MS = 10_000;

/** For what strangers can cause at will: a few lines in a while, and how many were left out. */
export class BoundedLog {
  private readonly logger: Logger;
  private begin = -Infinity;
  private count = 0;

  constructor(context: string) {
    this.logger = new Logger(context);
  }

  warn(line: object): void {
    const now = performance.now();
    if (now - this.begin < PERIOD_MS) {
      if (++this.count > LINES) return;
      this.logger.warn(line);
      return;
    }
    const omitted = Math.max(0, this.count - LINES);
    this.begin = now;
    this.count = 1;
    this.logger.warn(omitted > 0 ? { ...line, omitted } : line);
  }
}
