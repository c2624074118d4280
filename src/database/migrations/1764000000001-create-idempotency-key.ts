import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Portable } from './portable.js';

export class CreateIdempotencyKey1764000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const table = new Table({
      name: 'idempotency_key',
      columns: [
        { ...portable.text('id', 43), isPrimary: true },
        portable.text('request', 43),
        portable.integer('status'),
        portable.text('headers', 2000),
        portable.document('body', { isNullable: true }),
        portable.timestamp('created_at', { hasDefault: true }),
      ],
      indices: [{ name: 'ix_idempotency_key_created_at', columnNames: ['created_at'] }],
    });
    await queryRunner.createTable(table, true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE IF EXISTS `idempotency_key`');
  }
}
