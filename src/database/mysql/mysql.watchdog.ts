/** Milliseconds between two looks at what is under way. One timer for all: one for each statement was seen in profiles. */
const LOOK_EVERY_MS = 100;
/** A statement that is not answered for so long is either slow, or its server is gone: time to ask. */
const SILENCE_MS = 1_000;

/** Statements that were sent together. */
export interface Watched {
  /** Tells that one of them was answered: the next one has all of the time again. */
  answered(): void;
  /** Tells that all of them were answered, or never will be. @returns false where that was said before */
  stop(): boolean;
}

/**
 * Watches statements that were sent. The server ends its own statements; a server that is stopped, or a network that
 * swallows, does not. `onSilence` is called after a second without an answer, and what was sent is told that it is
 * overdue after `limitMs`; both up to 100 ms later.
 */
export class Watchdog {
  /**
   * In no order, each knows its place. Not a `Set`: V8 copies one that much comes to and goes from, and the old copy holds
   * the new one. Once it was of the old generation so were all that came after it, with the rows of every 30th statement.
   */
  private readonly watched: Sent[] = [];
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
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    return sent;
  }

  private look(): void {
    if (this.watched.length === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    let isSilent = false;
    // Overdue statements are cut.
    for (const sent of [...this.watched]) {
      sent.looks++;
      if (sent.looks === this.silentAfter) isSilent = true;
      if (sent.looks > this.overdueAfter) sent.overdue();
    }
    if (isSilent) this.onSilence();
  }
}

class Sent implements Watched {
  /** The number of looks without an answer. The first one comes at any time after the statements were sent. */
  looks = 0;
  /** Its place in `watched`; undefined when it has left. */
  private at: number | undefined;

  constructor(
    private readonly onOverdue: () => void,
    private readonly all: Sent[],
  ) {
    this.at = all.push(this) - 1;
  }

  answered(): void {
    this.looks = 0;
  }

  stop(): boolean {
    if (this.at === undefined) return false;
    // The last one takes its place.
    const last = this.all.pop()!;
    if (last !== this) this.all[(last.at = this.at)] = last;
    this.at = undefined;
    return true;
  }

  overdue(): void {
    this.onOverdue();
    this.stop();
  }
}
