import { AfterCommit, type Work } from '../../database/after-commit.js';

/** Work that was asked for outside of a transaction: it waits for the end of the handler, whose writes are committed by then. */
export class AfterHandler {
  private works?: AfterCommit;
  private isOver = false;

  add(work: Work): void {
    this.works ??= new AfterCommit();
    this.works.add(work);
    if (this.isOver) this.works.run();
  }

  run(): void {
    this.isOver = true;
    this.works?.run();
  }
}
