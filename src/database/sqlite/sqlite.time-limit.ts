import Sqlite from 'better-sqlite3';

/**
 * A term for the beginning of a costly statement's WHERE. SQLite asks it for each row that it looks at, and it looks at the
 * clock for some of them: better-sqlite3 has neither `sqlite3_interrupt` nor a progress handler, and a thread that is in a
 * statement can't be terminated. It takes 50 ns of a row; to look each time would take 150.
 */
export const IN_TIME = '(RANDOM() & 255 OR plinth_in_time())';

/** Ends statements with `IN_TIME` in them, on one connection. */
export class TimeLimit {
  private end = Infinity;

  constructor(connection: Sqlite.Database) {
    connection.function('plinth_in_time', { directOnly: true }, () => {
      if (performance.now() < this.end) return 1;
      throw new Sqlite.SqliteError('The statement took too long.', 'SQLITE_INTERRUPT');
    });
  }

  /** @throws SqliteError `SQLITE_INTERRUPT` for a statement in `work` that takes longer */
  within<T>(ms: number, work: () => T): T {
    this.end = performance.now() + ms;
    try {
      return work();
    } finally {
      this.end = Infinity;
    }
  }
}
