export interface Bounds {
  /** How long it may take, in milliseconds. */
  readonly ms?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a promise gives, unless that takes too long or nobody waits any more. Aborting what the promise is about does not
 * do by itself: Node's `fetch` misses it after a collection of garbage (https://github.com/nodejs/undici/issues/4068).
 * @throws the signal's reason, or a TimeoutError
 */
export async function within<Value>(promise: Promise<Value>, { ms, signal }: Bounds): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leave: (() => void) | undefined;
  const over = new Promise<never>((_, reject) => {
    leave = () => reject(signal!.reason as Error);
    const late = () => reject(new DOMException(`Nothing came for ${ms!} ms`, 'TimeoutError'));
    if (ms !== undefined) timer = setTimeout(late, ms);
    if (signal?.aborted) leave();
    signal?.addEventListener('abort', leave);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', leave!);
  }
}
