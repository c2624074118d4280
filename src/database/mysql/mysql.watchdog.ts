/** How often what is under way is looked at. One timer for all: one for each statement was seen in profiles. */
const LOOK_EVERY_MS = 100;
/** A statement that is not answered for so long is either slow, or its server is gone: time to ask. */
const SILENCE_MS = 1_000;

/** Statements that were sent together. */
export interface Watched {
  /** One of them was answered: the next one has all of the time again. */
  answered(): void;
  /** All of them were. */
  stop(): void;
}

/**
 * Watches statements that were sent. The server ends its own statements; a server that is stopped, or a network that
 * swallows, does not. `onSilence` is called after a second without an answer, and what was sent is told that it is
 * overdue after `limitMs`; both up to 100 ms later.
 */
export class Watchdog {
  private readonly watched = new Set<Sent>();
  /** Counted in looks: a process that was held up itself does not blame the server. */
  private readonly silentAfter: number;
  private readonly overdueAfter: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly onSilence: () => void,
    limitMs: number,
  ) {
    this.silentAfter = Math.ceil(Math.min(SILENCE_MS, limitMs) / LOOK_EVERY_MS);
    this.overdueAfter = Math.ceil(limitMs / LOOK_EVERY_MS);
  }

  watch(onOverdue: () => void): Watched {
    const sent = new Sent(onOverdue, this.watched);
    this.watched.add(sent);
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    return sent;
  }

  private look(): void {
    if (this.watched.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    let isSilent = false;
    for (const sent of this.watched) {
      sent.looks++;
      if (sent.looks === this.silentAfter) isSilent = true;
      if (sent.looks > this.overdueAfter) sent.overdue();
    }
    if (isSilent) this.onSilence();
  }
}

class Sent implements Watched {
  /** Without an answer. The first one comes at any time after the statements were sent. */
  looks = 0;

  constructor(
    private readonly onOverdue: () => void,
    private readonly all: Set<Sent>,
  ) {}

  answered(): void {
    this.looks = 0;
  }

  stop(): void {
    this.all.delete(this);
  }

  overdue(): void {
    this.stop();
    this.onOverdue();
  }
}
