import { BusyPoll } from '../process/busy-poll.js';

/**
 * Waits for the next request while none is under way: awake, where the last one came as soon after an answer as that may
 * take. So is the next one of a client nearby that asks for one thing after another; across a network none comes so soon.
 */
export class NextRequest {
  private underWay = 0;
  private readonly wait: BusyPoll;

  /** @param mostMs awake; 0 for never */
  constructor(mostMs: number) {
    this.wait = new BusyPoll(mostMs);
    this.wait.begin();
  }

  came(): void {
    if (this.underWay++ === 0) this.wait.end();
  }

  answered(): void {
    if (--this.underWay === 0) this.wait.begin();
  }
}
