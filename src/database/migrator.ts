import { randomUUID } from 'node:crypto';
import { MigrationExecutor, type DataSource } from 'typeorm';

const LEASE_MS = 15_000;
const HEARTBEAT_MS = 3_000;
const POLL_MS = 200;

/**
 * Runs pending migrations, each exactly once however many processes try at once. A lease row with a heartbeat says who
 * does it: GET_LOCK is granted on two Galera nodes at once, and a lock dies silently with its connection. Who finds the
 * lease expired (its holder was killed) takes over; who finds it held waits.
 */
export class Migrator {
  private readonly holder = randomUUID();

  constructor(private readonly dataSource: DataSource) {}

  /** @returns the names of the migrations that this call ran */
  async run(log: (line: string) => void = () => undefined): Promise<string[]> {
    const done: string[] = [];
    if ((await this.pending()).length === 0) return done;
    await this.createLease();
    while ((await this.pending()).length > 0) {
      if (!(await this.takeLease())) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        continue;
      }
      const heartbeat = setInterval(() => void this.takeLease().catch(() => undefined), HEARTBEAT_MS);
      try {
        done.push(...(await this.runHeld(log)));
      } finally {
        clearInterval(heartbeat);
        await this.releaseLease();
      }
    }
    return done;
  }

  async pending(): Promise<string[]> {
    return (await this.executor().getPendingMigrations()).map(({ name }) => name);
  }

  async executed(): Promise<string[]> {
    return (await this.executor().getExecutedMigrations()).map(({ name }) => name).reverse();
  }

  /** One by one, with a look at the lease between: a runner that was taken for dead must not go on. */
  private async runHeld(log: (line: string) => void): Promise<string[]> {
    const done: string[] = [];
    const executor = this.executor();
    for (const migration of await executor.getPendingMigrations()) {
      if (!(await this.takeLease())) return done;
      log(`Running ${migration.name}`);
      await executor.executeMigration(migration);
      done.push(migration.name);
    }
    return done;
  }

  private executor(): MigrationExecutor {
    const executor = new MigrationExecutor(this.dataSource);
    executor.transaction = 'each';
    return executor;
  }

  private async createLease(): Promise<void> {
    await this.dataSource.query(
      'CREATE TABLE IF NOT EXISTS `plinth_lease` (`name` VARCHAR(40) PRIMARY KEY, `holder` VARCHAR(36) NULL, `expires_at` BIGINT NOT NULL)',
    );
    const ignore = this.isSqlite ? 'INSERT OR IGNORE' : 'INSERT IGNORE';
    await this.dataSource.query(`${ignore} INTO \`plinth_lease\` (\`name\`, \`holder\`, \`expires_at\`) VALUES ('migration', NULL, 0)`);
  }

  /** Takes the lease, or holds it for longer. By the database's clock: those of the processes may differ. */
  private async takeLease(): Promise<boolean> {
    const now = this.isSqlite ? `CAST(unixepoch('subsec') * 1000 AS INTEGER)` : 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';
    await this.dataSource.query(
      `UPDATE \`plinth_lease\` SET \`holder\` = ?, \`expires_at\` = ${now} + ${LEASE_MS} ` +
        `WHERE \`name\` = 'migration' AND (\`holder\` = ? OR \`holder\` IS NULL OR \`expires_at\` < ${now})`,
      [this.holder, this.holder],
    );
    const rows = await this.dataSource.query<{ holder: string }[]>("SELECT `holder` FROM `plinth_lease` WHERE `name` = 'migration'");
    return rows[0]?.holder === this.holder;
  }

  private async releaseLease(): Promise<void> {
    await this.dataSource.query("UPDATE `plinth_lease` SET `holder` = NULL, `expires_at` = 0 WHERE `name` = 'migration' AND `holder` = ?", [
      this.holder,
    ]);
  }

  private get isSqlite(): boolean {
    return this.dataSource.options.type === 'better-sqlite3';
  }
}

/** The statements that would bring the database to what the entities say: none, when the migrations say the same. */
export async function schemaDrift(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}
