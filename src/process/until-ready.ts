import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseState } from '../database/database-state.js';

const WAIT_MS = 15_000;

/** The database is away, or not migrated. */
class NotReadyError extends Error {
  /** EX_UNAVAILABLE of sysexits.h. */
  readonly exitCode = 69;
}

/** For a command that works on the database. @throws NotReadyError after 15 s */
export async function untilReady(state: DatabaseState): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !state.isReady; await sleep(20)) {
    if (Date.now() > end)
      throw new NotReadyError(`The database is not ready (${state.status}): npm run migrate:status`);
  }
}
