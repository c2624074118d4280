import { setTimeout as sleep } from 'node:timers/promises';
import { classify } from './sql-errors.js';

const MOST_MS = 30_000;

/** Tries again while other processes are in the way (locks, SQLite's one writer); for work that belongs to no request. */
export async function retryWhileLocked<T>(work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + MOST_MS; ; await sleep(50 + Math.random() * 100)) {
    try {
      return await work();
    } catch (error) {
      if (classify(causeOf(error)) !== 'retry' || Date.now() > end) throw error;
    }
  }
}

/** TypeORM wraps what the driver says. */
export function causeOf(error: unknown): unknown {
  return (error as { driverError?: unknown } | null)?.driverError ?? error;
}
