import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ConnectionError } from './connection-error.js';
import { isProblem } from './problem-error.js';
import { backoffMs, sleep, type RetryPolicy } from './retry-policy.js';
import { textOf } from './streams.js';
import type { Bounds } from './within.js';

/** A change of a row, a place to go on from, or that the rows begin anew. */
export type WatchEvent<Row> =
  | {
      readonly type: 'created' | 'updated' | 'deleted' | 'restored' | 'erased';
      /** Where to go on, once this was handled: `after`. The rows of `initial` have none. */
      readonly position: string | undefined;
      readonly id: string;
      /** As a read would show it; of a deleted row: as it was. */
      readonly row: Row;
      /** When it happened, RFC 3339. */
      readonly time: string;
    }
  /** All up to here was sent; after `initial`, all rows were. */
  | { readonly type: 'bookmark'; readonly position: string }
  /** With `initial`: forget all rows, they come anew until the next bookmark. */
  | { readonly type: 'reset' };

export interface WatchOptions {
  /** The position of the last event that was handled; without it, from now on. */
  readonly after?: string | undefined;
  /** The rows first: at the start, and again whenever the service no longer keeps what came after the position. */
  readonly initial?: boolean;
  readonly filter?: string;
  readonly signal?: AbortSignal;
  /** For how long nothing may come, in milliseconds; the service sends a comment every 15 s. */
  readonly idleMs?: number;
}

/** @param position undefined: the rows first where they are asked for, or from now on */
export type Open = (position: string | undefined) => Promise<ReadableStream<Uint8Array>>;

/**
 * Follows a feed for as long as somebody listens, over any number of connections: each change once, in the feed's order.
 * @throws ProblemError where trying again can not help: `position-expired` without `initial`, `forbidden`, …
 */
export async function* watchFeed<Row>(
  open: Open,
  { after, initial = false, signal, idleMs = 45_000 }: WatchOptions,
  policy: RetryPolicy,
): AsyncGenerator<WatchEvent<Row>, never> {
  let position = after;
  let retryMs: number | undefined;
  for (let failures = 0; ; failures++) {
    try {
      signal?.throwIfAborted();
      const body = await open(position);
      if (initial && position === undefined) yield { type: 'reset' };
      for await (const message of messagesOf(body, { ms: idleMs, signal }, (ms) => (retryMs = ms))) {
        failures = 0;
        const event = eventOf<Row>(message);
        if (event.type !== 'bookmark' && isSeen(event.position, position)) continue;
        position = event.position ?? position;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (initial && position !== undefined && isProblem(error, 'position-expired')) {
        position = undefined;
        continue;
      }
      if (!mayPass(error)) throw error;
    }
    const pause = retryMs === undefined ? backoffMs(failures, policy) : Math.random() * retryMs;
    retryMs = undefined;
    await sleep(pause, signal);
  }
}

async function* messagesOf(
  body: ReadableStream<Uint8Array>,
  bounds: Bounds,
  onRetry: (ms: number) => void,
): AsyncGenerator<EventSourceMessage, void> {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message), onRetry });
  for await (const text of textOf(body, bounds)) {
    parser.feed(text);
    yield* messages.splice(0);
  }
}

function eventOf<Row>({ event, id, data }: EventSourceMessage): Exclude<WatchEvent<Row>, { type: 'reset' }> {
  if (event === 'bookmark') return { type: event, position: id! };
  const { subject, time, data: row } = JSON.parse(data) as { subject: string; time: string; data: Row };
  return { type: event as 'created', position: id, id: subject, row, time };
}

/** Whether an event was seen before: positions are the feed's epoch and a number that only grows within it. */
function isSeen(given: string | undefined, last: string | undefined): boolean {
  if (given === undefined || last === undefined) return false;
  const [[epoch, seq], [lastEpoch, lastSeq]] = [given.split('-'), last.split('-')];
  return epoch === lastEpoch && Number(seq) <= Number(lastSeq);
}

function mayPass(error: unknown): boolean {
  return error instanceof ConnectionError || (isProblem(error) && (error.status >= 500 || error.status === 429));
}
