import type { RowsPart, Statement } from '../session.js';
import type { SqliteThread } from './sqlite.thread.js';

/**
 * Threads for costly reads alone: neither the event loop nor a commit waits behind one. There come to be as many as there are
 * costly statements at once.
 */
export class CostlyThreads {
  private readonly all = new Set<SqliteThread>();
  private readonly idle: SqliteThread[] = [];

  constructor(private readonly open: () => SqliteThread) {}

  /** @throws SqliteError `SQLITE_INTERRUPT` after so many milliseconds; ThreadLost */
  async read(statement: Statement, limitMs: number): Promise<RowsPart> {
    const thread = this.idle.pop() ?? this.open();
    this.all.add(thread);
    try {
      return await thread.readWithin(limitMs, statement);
    } finally {
      if (thread.hasEnded) this.all.delete(thread);
      else this.idle.push(thread);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.all].map((thread) => thread.close()));
  }
}
