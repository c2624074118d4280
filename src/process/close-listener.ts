import { Server as NetServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** The first one may be the rest of a turn that has accepted already. */
const QUIET_TURNS = 3;
/** Where more come all the time, some are reset. */
const MOST_MS = 1_000;

/**
 * Closes a listener after some turns of the event loop in which nobody has come. The kernel resets all who are connected and
 * not accepted yet, and a proxy may not send their writes to another replica. Connections that are accepted stay.
 */
export async function closeListener(server: NetServer): Promise<void> {
  let quiet = 0;
  const come = () => (quiet = 0);
  server.on('connection', come);
  for (const end = performance.now() + MOST_MS; quiet < QUIET_TURNS && performance.now() < end; quiet++) await turn();
  server.off('connection', come);
  // HTTP's own also ends connections.
  NetServer.prototype.close.call(server);
}
