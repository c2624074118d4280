import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Portable } from './portable.js';

export class CreateAccess1764000000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const key = new Table({
      name: 'api_key',
      columns: [
        portable.id(),
        portable.text('name', 100),
        portable.text('digest', 43),
        portable.text('previous_digest', 43, { isNullable: true }),
        portable.timestamp('previous_until', { isNullable: true }),
        portable.text('scopes', 2000),
        portable.timestamp('created_at', { hasDefault: true }),
        portable.text('created_by', 255),
        portable.timestamp('expires_at', { isNullable: true }),
        portable.timestamp('revoked_at', { isNullable: true }),
        portable.timestamp('last_used_at', { isNullable: true }),
        portable.integer('version', { default: 1 }),
      ],
      indices: [{ name: 'ix_api_key_created_at', columnNames: ['created_at', 'id'] }],
    });
    await queryRunner.createTable(key, true);
    const limit = new Table({
      name: 'rate_limit',
      columns: [
        { ...portable.text('id', 43), isPrimary: true },
        portable.integer('minute', { isPrimary: true }),
        portable.integer('requests'),
      ],
      indices: [{ name: 'ix_rate_limit_minute', columnNames: ['minute'] }],
    });
    await queryRunner.createTable(limit, true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE IF EXISTS `rate_limit`');
    await queryRunner.query('DROP TABLE IF EXISTS `api_key`');
  }
}
