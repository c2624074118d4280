import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { messageOf, MigrationAttempts } from './migration-attempts.js';
import { MigrationLease } from './migration-lease.js';
import { MigrationLog } from './migration-log.js';
import { schemaDrift } from './schema/schema-drift.js';
import { runMigration, type MigrationRun } from './migration-run.js';

const HEARTBEAT_MS = 3_000;
const POLL_MS = 200;

/**
 * Runs pending migrations, each exactly once however many processes try at once. Who finds the lease expired (its holder
 * was killed) takes over; who finds it held waits.
 */
export class Migrator {
  private readonly log: MigrationLog;
  private readonly lease: MigrationLease;
  /** The attempts before; undefined where a migration is all or nothing. */
  private readonly attempts: MigrationAttempts | undefined;

  constructor(private readonly dataSource: DataSource) {
    this.log = new MigrationLog(dataSource);
    this.lease = new MigrationLease(dataSource);
    if (dataSource.options.type !== 'better-sqlite3') this.attempts = new MigrationAttempts(dataSource);
  }

  /** @returns the names of the migrations that this call ran */
  async run(say: (line: string) => void = () => undefined): Promise<string[]> {
    const done: string[] = [];
    if ((await this.pending()).length === 0) return done;
    await this.log.create();
    await this.lease.create();
    await this.attempts?.create();
    while ((await this.pending()).length > 0) {
      if (await this.lease.take()) done.push(...(await this.holding(() => this.runHeld(say))));
      else await sleep(POLL_MS);
    }
    return done;
  }

  /**
   * Takes the migration that ran last back.
   * @returns its name; undefined where none has run
   * @throws Error when this build does not know it: only the one that has it can
   */
  async revert(say: (line: string) => void = () => undefined): Promise<string | undefined> {
    if ((await this.executed()).length === 0) return undefined;
    await this.lease.create();
    while (!(await this.lease.take())) await sleep(POLL_MS);
    return this.holding(async () => {
      // Only now: whoever held the lease may have run or taken back others.
      const name = (await this.executed()).at(-1);
      if (name === undefined) return undefined;
      const instance = this.dataSource.migrations.find((migration) => nameOf(migration) === name);
      if (!instance)
        throw new Error(`${name} ran last, and this build does not know it: revert it with one that does.`);
      say(`Reverting ${name}`);
      await runMigration(this.dataSource, { name, instance, lease: this.lease, log: this.log, direction: 'down' });
      return name;
    });
  }

  async pending(): Promise<string[]> {
    const executed = await this.log.executed();
    return migrationNames(this.dataSource).filter((name) => !executed.includes(name));
  }

  /** The errors of earlier attempts at a migration that is pending. */
  async failures(name: string): Promise<string[]> {
    return (await this.attempts?.failures(name)) ?? [];
  }

  executed(): Promise<string[]> {
    return this.log.executed();
  }

  /** Differences between the database and the declarations, one a line. */
  drift(): Promise<string[]> {
    return schemaDrift(this.dataSource);
  }

  private async holding<T>(work: () => Promise<T>): Promise<T> {
    const heartbeat = setInterval(() => void this.lease.take().catch(() => false), HEARTBEAT_MS);
    try {
      return await work();
    } finally {
      clearInterval(heartbeat);
      await this.lease.release();
    }
  }

  /** Runs migrations one by one, with a look at the lease between: a runner that was taken for dead must not go on. */
  private async runHeld(say: (line: string) => void): Promise<string[]> {
    const done: string[] = [];
    const pending = await this.pending();
    for (const migration of this.dataSource.migrations) {
      const name = nameOf(migration);
      if (!pending.includes(name)) continue;
      if (!(await this.lease.take())) return done;
      say(`Running ${name}`);
      await this.runOne({ name, instance: migration, lease: this.lease, log: this.log });
      done.push(name);
    }
    return done;
  }

  private async runOne(run: MigrationRun): Promise<void> {
    const work = () => runMigration(this.dataSource, run);
    try {
      await (this.attempts ? this.attempts.during(run.name, work) : work());
    } catch (error) {
      throw new Error(`${run.name}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** The migrations of this build, in the order they run. */
export function migrationNames(dataSource: DataSource): string[] {
  return dataSource.migrations.map(nameOf);
}

function nameOf(migration: { name?: string }): string {
  return migration.name ?? migration.constructor.name;
}
