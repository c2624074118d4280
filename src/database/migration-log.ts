import type { DataSource, QueryRunner } from 'typeorm';
import { retryWhileLocked } from './retry-while-locked.js';

const NO_SUCH_TABLE = 1146;

/** Which migrations were run: TypeORM's own table, so that its command line understands it. */
export class MigrationLog {
  constructor(private readonly dataSource: DataSource) {}

  async create(): Promise<void> {
    const id =
      this.dataSource.options.type === 'better-sqlite3'
        ? 'INTEGER PRIMARY KEY AUTOINCREMENT'
        : 'INT NOT NULL AUTO_INCREMENT PRIMARY KEY';
    const sql =
      `CREATE TABLE IF NOT EXISTS \`plinth_migration\` (\`id\` ${id}, \`timestamp\` BIGINT NOT NULL, ` +
      '`name` VARCHAR(255) NOT NULL, CONSTRAINT `uq_plinth_migration_name` UNIQUE (`name`))';
    await retryWhileLocked(() => this.dataSource.query(sql));
  }

  /** In the order they ran. Only reads: a service that merely asks must not make tables. */
  async executed(): Promise<string[]> {
    try {
      const rows = await retryWhileLocked(() =>
        this.dataSource.query<{ name: string }[]>('SELECT `name` FROM `plinth_migration` ORDER BY `id`'),
      );
      return rows.map(({ name }) => name);
    } catch (error) {
      if (isMissingTable(error)) return [];
      throw error;
    }
  }

  /** Removes the record, in the transaction that takes the migration back. */
  async remove(runner: QueryRunner, name: string): Promise<void> {
    await runner.query('DELETE FROM `plinth_migration` WHERE `name` = ?', [name]);
  }

  /** Adds the record, in the migration's own transaction; the unique name refuses a second run of it. */
  async add(runner: QueryRunner, name: string): Promise<void> {
    const timestamp = Number(/\d{13}$/.exec(name)?.[0] ?? 0);
    await runner.query('INSERT INTO `plinth_migration` (`timestamp`, `name`) VALUES (?, ?)', [timestamp, name]);
  }
}

export function isMissingTable(error: unknown): boolean {
  return (error as { errno?: number }).errno === NO_SUCH_TABLE || (error as Error).message.includes('no such table');
}
