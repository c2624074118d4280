import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { schemaDifferences } from './schema-drift.js';

/**
 * Finds out before the first request does whether the database has what is declared. Once it has, it is not asked again:
 * migrations of later versions leave this one able to work.
 */
export class SchemaCheck {
  private readonly logger = new Logger('Schema');
  private isGood = false;
  private told = '';

  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param pending migrations: before they have run, nothing else can be expected
   * @returns tables and columns that the service can't work without
   */
  async missing(pending: readonly string[]): Promise<readonly string[]> {
    if (this.isGood) return [];
    if (pending.length > 0) {
      this.tellOnce(`Migrations that have not run: ${pending.join(', ')}`);
      return [];
    }
    const differences = await schemaDifferences(this.dataSource);
    const fatal = differences.filter(({ isFatal }) => isFatal);
    this.isGood = fatal.length === 0;
    if (differences.length > 0) {
      const sentences = differences.map(({ sentence }) => sentence).join('; ');
      const hint = this.isGood
        ? ''
        : '. Is each migration listed in its module (npm run migrate:generate writes them)?';
      this.tellOnce(`The database is not what is declared: ${sentences}${hint}`);
    }
    return fatal.map(({ at }) => at);
  }

  private tellOnce(line: string): void {
    if (line !== this.told) this.logger.warn(line);
    this.told = line;
  }
}
