/** A handler took longer than it may. */
export class TimeLimitError extends Error {}

/** The service stops, or another process has taken over: what was in hand is dropped. */
export class CutError extends Error {}

/** A handler that is under way. */
export interface Limited {
  /** How it ended, or that it was dropped. @throws TimeLimitError, CutError, or what the handler throws */
  readonly outcome: Promise<void>;
  /** Resolves when the handler itself has ended, however long after it was dropped. */
  readonly settled: Promise<void>;
}

/**
 * Runs a handler for a limited time. Nothing can stop a function from outside: it is told by its signal, and nobody waits for it
 * any longer.
 * @param cut drops it sooner
 */
export function limited(work: (signal: AbortSignal) => unknown, ms: number, cut: AbortSignal): Limited {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new TimeLimitError(`It took longer than ${ms} ms.`)), ms);
  const signal = AbortSignal.any([late.signal, cut]);
  const running = (async () => {
    await work(signal);
  })();
  const dropped = new Promise<never>((_, reject) => {
    const drop = () => reject(late.signal.aborted ? (late.signal.reason as Error) : new CutError('It was dropped.'));
    if (signal.aborted) drop();
    else signal.addEventListener('abort', drop, { once: true });
  });
  const outcome = Promise.race([running, dropped]).finally(() => clearTimeout(timer));
  dropped.catch(() => undefined);
  return { outcome, settled: running.catch(() => undefined) };
}
