import type { Database } from './database.js';

/** An expression for the time of the database, in milliseconds since 1970. */
export function sqlNow(isSqlite: boolean): string {
  return isSqlite ? `CAST(unixepoch('subsec') * 1000 AS INTEGER)` : 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';
}

/**
 * The time in milliseconds since 1970 for what is removed when it is old: by this process's clock or the database's,
 * whichever is behind. One that is ahead by days would remove what nobody brings back.
 */
export async function laggingNow(database: Database): Promise<number> {
  const sql = `SELECT ${sqlNow(database.engine === 'sqlite')} AS \`now\``;
  const [row] = await database.query<{ now: number | string }>(sql);
  return Math.min(Date.now(), Number(row!.now));
}
