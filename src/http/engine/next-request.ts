import { BusyPoll } from '../../runtime/busy-poll.js';

/**
 * Waits for the next request while none is under way: awake, where the last one came as soon after an answer as that may
 * take. So is the next one of a client nearby that asks for one thing after another; across a network none comes so soon.
 * After a write it sleeps as ever: the disk is what that waits for, and staying awake was seen to gain nothing there.
 */
export class NextRequest {
  private underWay = 0;
  private isAwaited = false;
  private readonly wait: BusyPoll;

  /** @param mostMs awake; 0 for never */
  constructor(mostMs: number) {
    this.wait = new BusyPoll(mostMs);
  }

  came(): void {
    this.underWay++;
    if (!this.isAwaited) return;
    this.isAwaited = false;
    this.wait.end();
  }

  answered(method: string): void {
    if (--this.underWay > 0 || method !== 'GET') return;
    this.isAwaited = true;
    this.wait.begin();
  }
}
