import { ConnectionError } from './connection-error.js';

/**
 * The text of a body as it comes. Leaving the loop ends the connection.
 * @param idleMs for how long nothing may come
 * @throws ConnectionError where it is cut off or goes silent; the signal's reason where that ended it
 */
export async function* textOf(
  body: ReadableStream<Uint8Array>,
  { idleMs, signal }: { readonly idleMs?: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<string, void> {
  // Not `for await`: Safari's streams have no iterators.
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await within(idleMs, reader.read());
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ConnectionError('The answer was cut off', { cause });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function within<Value>(ms: number | undefined, promise: Promise<Value>): Promise<Value> {
  if (ms === undefined) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing came for ${ms} ms`)), ms);
  });
  return Promise.race([promise, silence]).finally(() => clearTimeout(timer));
}

/** The values of newline-delimited JSON, one at a time. */
export async function* jsonLines<Value>(
  body: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Value, void> {
  let rest = '';
  for await (const text of textOf(body, { signal })) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line) as Value;
  }
  if (rest !== '') yield JSON.parse(rest) as Value;
}
