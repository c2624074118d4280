import { Portable } from 'plinth';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TIMES = ['updated_at', 'deleted_at'] as const;

/**
 * Lists can be sorted and filtered by when rows were changed and deleted. The version before works on with them there; on
 * SQLite it then reads pages by the index of `deleted_at`, and sorts them.
 */
export class IndexSystemTimes1764000000010 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    for (const time of TIMES) await portable.addIndex('resource', time);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    for (const time of TIMES) await portable.dropIndex('resource', time);
  }
}
