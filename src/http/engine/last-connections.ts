import type { Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Where new ones come all the time, the listener has to close some time. */
const AT_MOST_MS = 1_000;

/**
 * Takes the connections that wait to be accepted, just before the listener is closed, which would reset them. A turn of the
 * event loop takes one; it is turned until one has taken none.
 */
export async function takeLastConnections(server: Server): Promise<void> {
  let taken = 0;
  const count = () => taken++;
  server.on('connection', count);
  const end = performance.now() + AT_MOST_MS;
  let before: number;
  do {
    before = taken;
    // The first one may be over when it is asked for: what came meanwhile is seen by the one after it.
    await nextTurn();
    await nextTurn();
  } while (taken > before && performance.now() < end);
  server.off('connection', count);
}
