import { ConnectionError } from './connection-error.js';
import { within, type Bounds } from './within.js';

/**
 * The text of a body as it comes. Leaving the loop ends the connection.
 * @param ms for how long nothing may come
 * @throws ConnectionError where it is cut off or goes silent; the signal's reason where that ended it
 */
export async function* textOf(body: ReadableStream<Uint8Array>, { ms, signal }: Bounds): AsyncGenerator<string, void> {
  // Not `for await`: Safari's streams have no iterators.
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), { ms, signal });
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
