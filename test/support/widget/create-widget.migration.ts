import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Portable } from '../../../src/database/migrations/portable.js';

export class CreateWidget1764000000005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).createResource(
      'widget',
      {
        code: { type: 'string', maxLength: 40 },
        colour: { type: 'string', maxLength: 40, nullable: true },
        weight: { type: 'integer', nullable: true },
        fragile: { type: 'boolean', default: false },
        due_at: { type: 'timestamp', nullable: true },
        secret: { type: 'string', maxLength: 100, nullable: true },
      },
      { indexes: ['colour', 'weight', 'due_at'], uniques: ['code'] },
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropResource('widget');
  }
}
