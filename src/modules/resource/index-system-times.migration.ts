import { indexOf } from 'plinth';
import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const INDICES = [indexOf('resource', 'updated_at'), indexOf('resource', 'deleted_at')];

/**
 * Lists can be sorted and filtered by when rows were changed and deleted. The version before works on with them there; on
 * SQLite it then reads pages by the index of `deleted_at`, and sorts them.
 */
export class IndexSystemTimes1764000000010 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // A run that was cut off has made some of them: MySQL and MariaDB commit each.
    const { indices } = (await queryRunner.getTable('resource'))!;
    for (const index of INDICES) {
      if (!indices.some(({ name }) => name === index.name))
        await queryRunner.createIndex('resource', new TableIndex(index));
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { name } of INDICES) await queryRunner.dropIndex('resource', name);
  }
}
