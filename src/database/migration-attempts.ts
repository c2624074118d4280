import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { wordsOf } from '../problems/error-words.js';
import { isMissingTable } from './migration-log.js';
import { retryWhileLocked } from './retry-while-locked.js';

const LONGEST = 1_000;

interface Attempt {
  readonly begun_at: string;
  readonly statement: string | null;
  /** Null: its process died in the middle. */
  readonly error: string | null;
}

/**
 * The attempts at migrations that failed, on MariaDB and MySQL: these keep what a failed one has done, so that the next
 * attempt fails at something else, and the first error is the one to mend. Each is written down before it begins.
 */
export class MigrationAttempts {
  constructor(private readonly dataSource: DataSource) {}

  async create(): Promise<void> {
    const sql =
      'CREATE TABLE IF NOT EXISTS `plinth_migration_attempt` (`id` VARCHAR(36) PRIMARY KEY, `name` VARCHAR(255) NOT NULL, ' +
      '`begun_at` VARCHAR(30) NOT NULL, `statement` TEXT NULL, `error` TEXT NULL) CHARACTER SET utf8mb4';
    await retryWhileLocked(() => this.dataSource.query(sql));
  }

  /** The errors of earlier attempts at a migration, the oldest first. */
  async failures(name: string): Promise<string[]> {
    return (await this.of(name)).map(told);
  }

  /** @throws Error with what went wrong now, and in earlier attempts */
  async during(name: string, work: () => Promise<void>): Promise<void> {
    const earlier = await this.of(name);
    const failures = earlier.map(told);
    const id = randomUUID();
    const begin = 'INSERT INTO `plinth_migration_attempt` (`id`, `name`, `begun_at`) VALUES (?, ?, ?)';
    await this.dataSource.query(begin, [id, name, new Date().toISOString()]);
    try {
      await work();
    } catch (error) {
      await this.keep(id, earlier, error).catch(() => undefined);
      throw new Error([messageOf(error), ...failures.map((one) => `Failed before, ${one}`), ADVICE].join('. '), {
        cause: error,
      });
    }
    await this.forget('name', name);
  }

  /** Keeps the error, unless an earlier attempt failed so: a service that restarts for ever would fill the table. */
  private async keep(id: string, earlier: readonly Attempt[], cause: unknown): Promise<void> {
    const statement = statementOf(cause).slice(0, LONGEST);
    const error = wordsOf(cause).slice(0, LONGEST);
    if (earlier.some((one) => one.statement === statement && one.error === error)) return this.forget('id', id);
    const sql = 'UPDATE `plinth_migration_attempt` SET `statement` = ?, `error` = ? WHERE `id` = ?';
    await this.dataSource.query(sql, [statement, error, id]);
  }

  private async of(name: string): Promise<Attempt[]> {
    const sql =
      'SELECT `begun_at`, `statement`, `error` FROM `plinth_migration_attempt` WHERE `name` = ? ORDER BY `begun_at`';
    try {
      return await this.dataSource.query<Attempt[]>(sql, [name]);
    } catch (error) {
      if (isMissingTable(error)) return [];
      throw error;
    }
  }

  private async forget(by: 'id' | 'name', value: string): Promise<void> {
    await this.dataSource.query(`DELETE FROM \`plinth_migration_attempt\` WHERE \`${by}\` = ?`, [value]);
  }
}

const ADVICE =
  'This database keeps what a failed migration has done: mend the first error, take back by hand what was done, and run the migrations again';

function told({ begun_at: at, statement, error }: Attempt): string {
  return error === null
    ? `begun at ${at}, cut off in the middle`
    : `begun at ${at}: ${withStatement(error, statement!)}`;
}

export function messageOf(error: unknown): string {
  return withStatement(wordsOf(error), statementOf(error));
}

function statementOf(error: unknown): string {
  return (error as { query?: string }).query ?? '';
}

function withStatement(message: string, statement: string): string {
  return statement === '' ? message : `${message}, in: ${statement}`;
}
