import { randomUUID } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import { LeaseSql } from './lease.sql.js';
import { causeOf, retryWhileLocked } from './retry-while-locked.js';
import { classify } from './sql-errors.js';

const LEASE_MS = 15_000;
const NAME = 'migration';

/** The lease of who runs migrations. It makes the table of leases: what it is for makes all others. */
export class MigrationLease {
  private readonly holder = randomUUID();
  private readonly isSqlite: boolean;
  private readonly sql: LeaseSql;

  constructor(private readonly dataSource: DataSource) {
    this.isSqlite = dataSource.options.type === 'better-sqlite3';
    this.sql = new LeaseSql(this.isSqlite, LEASE_MS);
  }

  async create(): Promise<void> {
    await retryWhileLocked(() => this.dataSource.query(LeaseSql.table));
    await retryWhileLocked(() => this.dataSource.query(this.sql.insert, [NAME]));
  }

  /**
   * Takes the lease, or holds it for longer. Who can't be sure of it does not have it.
   * @throws Error for what will not pass, such as a privilege that is missing: waiting for that would never end
   */
  async take(): Promise<boolean> {
    const { holder } = this;
    try {
      // Looks first: the ones that wait shall not get into the way of the one that works.
      const rows = await this.dataSource.query<unknown[]>(this.sql.look, [NAME, holder]);
      if (rows.length === 0) return false;
      await this.dataSource.query(this.sql.take, [holder, NAME, holder]);
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
    await retryWhileLocked(() => this.dataSource.query(LeaseSql.release, [this.holder, NAME]));
  }

  private async isHeld(query: (sql: string) => Promise<{ holder: string }[]>): Promise<boolean> {
    const [row] = await query(`SELECT \`holder\` FROM \`plinth_lease\` WHERE \`name\` = '${NAME}'`);
    return row?.holder === this.holder;
  }
}
