import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { indexOf } from './portable.js';

const INDICES = [indexOf('resource', 'updated_at'), indexOf('resource', 'deleted_at')];

/** Lists can be sorted and filtered by when rows were changed and deleted. The version before works on with them there. */
export class IndexSystemTimes1764000000010 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const index of INDICES) await queryRunner.createIndex('resource', new TableIndex(index));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { name } of INDICES) await queryRunner.dropIndex('resource', name);
  }
}
