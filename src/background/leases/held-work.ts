import type { Work } from './work.js';

/** Work whose lease this process has, from the moment it was taken. */
export class HeldWork {
  /** Resolves when it has ended, for whatever reason. */
  readonly done: Promise<void>;
  private readonly ending = new AbortController();
  private readonly cutting = new AbortController();

  /** @param onError is told why it has ended, where it did not end by itself */
  constructor(work: Work, onError: (error: Error) => void) {
    this.done = work
      .run({ ending: this.ending.signal, cut: this.cutting.signal })
      .catch((error: unknown) => onError(error as Error));
  }

  /** It begins nothing more. */
  end(): void {
    this.ending.abort();
  }

  /** It drops what it has in hand. */
  cut(): void {
    this.ending.abort();
    this.cutting.abort();
  }
}
