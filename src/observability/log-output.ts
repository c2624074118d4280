import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../runtime/instant.js';

/** A busy service writes that much in a second or two. */
const KEPT_BYTES = 4_194_304;
const LOOK_EVERY_MS = 5;
const NEWLINE = 10;

/** Standard output as Node has it: it does not block where it is a pipe or a socket. */
export type OutputStream = Pick<NodeJS.WriteStream, 'write' | 'on' | 'writableLength'> & {
  readonly _handle?: { setBlocking?(blocks: boolean): void };
};

/**
 * Writes the log, and never waits for its reader. Keeps a bounded number of bytes for a reader that is slow; drops and
 * counts the lines beyond, and says so in the log once the reader is back.
 */
export class LogOutput {
  /** Lines that nobody will see. */
  dropped = 0;
  private untold = 0;

  constructor(
    private readonly stream: OutputStream,
    private readonly keptBytes = KEPT_BYTES,
  ) {
    // Node makes terminals block: a stopped one (Ctrl-S) would stop the service.
    if ('isTTY' in stream && stream.isTTY) stream._handle?.setBlocking?.(false);
    // A reader that is gone (EPIPE), or a disk that is full: the callback of the write counts.
    stream.on('error', () => undefined);
  }

  /** @param lines whole lines */
  write(lines: string): void {
    const bytes = Buffer.from(lines);
    if (this.stream.writableLength + bytes.length > this.keptBytes) {
      this.drop(bytes);
      return;
    }
    this.tellDropped();
    this.stream.write(bytes, (error) => {
      if (error) this.drop(bytes);
    });
  }

  /** Writes how many lines were dropped, where the reader has caught up. */
  tellDropped(): void {
    if (this.untold === 0 || this.stream.writableLength > this.keptBytes / 2) return;
    const dropped = this.untold;
    this.untold = 0;
    const msg = 'Log lines were dropped: nobody read them in time';
    this.stream.write(`${JSON.stringify({ level: 40, time: now(), dropped, msg })}\n`, (error) => {
      if (error) this.untold += dropped;
    });
  }

  /** Waits until the reader has everything, but no longer than that. */
  async drained(withinMs: number): Promise<void> {
    const end = Date.now() + withinMs;
    while (this.stream.writableLength > 0 && Date.now() < end) await sleep(LOOK_EVERY_MS);
  }

  private drop(bytes: Buffer): void {
    let lines = 0;
    for (const byte of bytes) if (byte === NEWLINE) lines++;
    this.dropped += lines;
    this.untold += lines;
  }
}
