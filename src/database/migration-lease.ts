import { randomUUID } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import { causeOf, patiently } from './patience.js';
import { classify } from './sql-errors.js';

const LEASE_MS = 15_000;

/**
 * The row that says who runs migrations, and until when unless it beats. GET_LOCK is granted on two Galera nodes at
 * once, and a lock dies silently with its connection. Times are by the database's clock: those of the processes differ.
 */
export class MigrationLease {
  private readonly holder = randomUUID();
  private readonly now: string;
  private readonly isSqlite: boolean;

  constructor(private readonly dataSource: DataSource) {
    this.isSqlite = dataSource.options.type === 'better-sqlite3';
    this.now = this.isSqlite
      ? `CAST(unixepoch('subsec') * 1000 AS INTEGER)`
      : 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';
  }

  async create(): Promise<void> {
    await patiently(() =>
      this.dataSource.query(
        'CREATE TABLE IF NOT EXISTS `plinth_lease` (`name` VARCHAR(40) PRIMARY KEY, `holder` VARCHAR(36) NULL, `expires_at` BIGINT NOT NULL)',
      ),
    );
    const insert = this.isSqlite ? 'INSERT OR IGNORE' : 'INSERT IGNORE';
    await patiently(() =>
      this.dataSource.query(
        `${insert} INTO \`plinth_lease\` (\`name\`, \`holder\`, \`expires_at\`) VALUES ('migration', NULL, 0)`,
      ),
    );
  }

  /**
   * Takes the lease, or holds it for longer. Who can't be sure of it does not have it.
   * @throws Error for what will not pass, such as a privilege that is missing: waiting for that would never end
   */
  async take(): Promise<boolean> {
    try {
      const free = `\`name\` = 'migration' AND (\`holder\` = ? OR \`holder\` IS NULL OR \`expires_at\` < ${this.now})`;
      // Looks first: the ones that wait shall not get into the way of the one that works.
      const rows = await this.dataSource.query<unknown[]>(`SELECT 1 FROM \`plinth_lease\` WHERE ${free}`, [
        this.holder,
      ]);
      if (rows.length === 0) return false;
      const update = `UPDATE \`plinth_lease\` SET \`holder\` = ?, \`expires_at\` = ${this.now} + ${LEASE_MS} WHERE ${free}`;
      await this.dataSource.query(update, [this.holder, this.holder]);
      return await this.isHeld((sql) => this.dataSource.query(sql));
    } catch (error) {
      if (classify(causeOf(error)) === 'other') throw error;
      return false;
    }
  }

  /**
   * In the migration's own transaction, before it is recorded. Locks the row, so that nobody takes over before COMMIT.
   * @throws Error when another runner has taken over in the meantime
   */
  async assertHeld(runner: QueryRunner): Promise<void> {
    if (await this.isHeld((sql) => runner.query(this.isSqlite ? sql : `${sql} FOR UPDATE`))) return;
    throw new Error('Another runner has taken over: this one was held up for longer than its lease.');
  }

  async release(): Promise<void> {
    const sql =
      "UPDATE `plinth_lease` SET `holder` = NULL, `expires_at` = 0 WHERE `name` = 'migration' AND `holder` = ?";
    await patiently(() => this.dataSource.query(sql, [this.holder]));
  }

  private async isHeld(query: (sql: string) => Promise<{ holder: string }[]>): Promise<boolean> {
    const [row] = await query("SELECT `holder` FROM `plinth_lease` WHERE `name` = 'migration'");
    return row?.holder === this.holder;
  }
}
