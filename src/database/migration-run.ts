import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationLease } from './migration-lease.js';
import type { MigrationLog } from './migration-log.js';
import { retryWhileLocked } from './retry-while-locked.js';

/** An ALTER that waits for a table's lock holds up everybody who comes after it: better it fails, and is run again. */
const WAIT_FOR_TABLE_S = 10;

export interface MigrationRun {
  readonly name: string;
  readonly instance: MigrationInterface;
  readonly lease: MigrationLease;
  readonly log: MigrationLog;
  /** `up` unless given. */
  readonly direction?: 'up' | 'down';
}

/**
 * One migration and its record, in one transaction (TypeORM's `executeMigration` opens none). On SQLite that makes it all
 * or nothing; MySQL and MariaDB commit at each DDL statement, so there a migration must be able to begin again.
 */
export async function runMigration(dataSource: DataSource, run: MigrationRun): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    if (dataSource.options.type === 'better-sqlite3') await retryWhileLocked(() => once(runner, run, takeWriteLock));
    else await withoutLimit(runner, () => once(runner, run));
  } finally {
    await runner.release();
  }
}

async function once(
  runner: QueryRunner,
  { name, instance, lease, log, direction = 'up' }: MigrationRun,
  begin?: typeof takeWriteLock,
): Promise<void> {
  await runner.beforeMigration();
  await runner.startTransaction();
  try {
    await begin?.(runner);
    await instance[direction](runner);
    await lease.assertHeld(runner);
    await (direction === 'up' ? log.add(runner, name) : log.remove(runner, name));
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.afterMigration();
  }
}

/** BEGIN alone takes none: a transaction that has read first is refused when somebody else has written since. */
async function takeWriteLock(runner: QueryRunner): Promise<void> {
  await runner.query("UPDATE `plinth_lease` SET `name` = `name` WHERE `name` = 'migration'");
}

/** The limit on statements is for requests: a migration takes as long as it takes. */
async function withoutLimit(runner: QueryRunner, work: () => Promise<void>): Promise<void> {
  const limit = runner.dataSource.options.type === 'mariadb' ? 'max_statement_time' : 'max_execution_time';
  const sql = `SELECT @@session.${limit} AS \`limit\`, @@session.lock_wait_timeout AS \`wait\``;
  const [before] = (await runner.query(sql)) as unknown as { limit: number; wait: number }[];
  await runner.query(`SET ${limit} = 0, lock_wait_timeout = ${WAIT_FOR_TABLE_S}`);
  try {
    await work();
  } finally {
    await runner.query(`SET ${limit} = ${before!.limit}, lock_wait_timeout = ${before!.wait}`).catch(() => undefined);
  }
}
