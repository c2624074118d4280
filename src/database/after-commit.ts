import { Logger } from '@nestjs/common';

const logger = new Logger('AfterCommit');

/** Work that is called once something is committed. It may be asynchronous; its result is not looked at. */
export type Work = () => unknown;

/** Work that waits for a commit: called in its order, each after the one before it. A failure is logged, and stops none. */
export class AfterCommit {
  private works: Work[] = [];

  get size(): number {
    return this.works.length;
  }

  add(work: Work): void {
    this.works.push(work);
  }

  /** Forgets the work that was added after there were so many. */
  truncate(size: number): void {
    this.works.length = size;
  }

  /** Nobody waits for it: the answer is on its way meanwhile. */
  run(): void {
    const { works } = this;
    this.works = [];
    if (works.length > 0) void runAll(works);
  }
}

async function runAll(works: readonly Work[]): Promise<void> {
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      logger.error({ msg: 'Work after a commit failed', err: error });
    }
  }
}
