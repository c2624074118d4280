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
  const told = new AbortController();
  const dropped = Promise.withResolvers<never>();
  const drop = (error: Error) => {
    dropped.reject(error);
    told.abort(error);
  };
  const onCut = () => drop(new CutError('It was dropped.'));
  const timer = setTimeout(() => drop(new TimeLimitError(`It took longer than ${ms} ms.`)), ms);
  cut.addEventListener('abort', onCut);
  if (cut.aborted) onCut();
  const running = (async () => {
    if (!told.signal.aborted) await work(told.signal);
  })();
  const outcome = Promise.race([running, dropped.promise]).finally(() => {
    clearTimeout(timer);
    cut.removeEventListener('abort', onCut);
  });
  return { outcome, settled: running.catch(() => undefined) };
}
