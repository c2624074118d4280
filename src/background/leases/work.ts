/** Work that one process at a time does. */
export interface Work {
  /** The name of its lease: `consumer:mailer`. 40 characters at most. */
  readonly name: string;
  /**
   * Called with the lease. It may return sooner, and is called again a third of a lease later. An error is logged, and then the
   * same.
   */
  run(hold: Hold): Promise<void>;
}

/** How long the work may go on. */
export interface Hold {
  /** Nothing more is to be begun: the service stops, or the lease is lost. */
  readonly ending: AbortSignal;
  /** Also what is in hand is to end now: the lease is lost, or the time that a stop has for it is over. */
  readonly cut: AbortSignal;
}

/** Ends at once when the signal does. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
