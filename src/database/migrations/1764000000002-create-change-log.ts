import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Portable } from './portable.js';

export class CreateChangeLog1764000000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const log = new Table({
      name: 'change_log',
      columns: [
        portable.id(),
        portable.text('module', 40),
        portable.text('resource_id', 36),
        portable.integer('version'),
        portable.text('op', 10),
        portable.document('before', { isNullable: true }),
        portable.document('after'),
        portable.text('actor', 255),
        portable.timestamp('at', { hasDefault: true }),
        portable.text('trace_id', 32),
        { name: 'seq', type: 'bigint', isNullable: true },
      ],
      uniques: [{ name: 'uq_change_log_seq', columnNames: ['module', 'seq'] }],
      indices: [
        { name: 'ix_change_log_resource', columnNames: ['module', 'resource_id', 'version'] },
        { name: 'ix_change_log_at', columnNames: ['at', 'id'] },
        { name: 'ix_change_log_module', columnNames: ['module', 'at', 'id'] },
        { name: 'ix_change_log_actor', columnNames: ['actor', 'at', 'id'] },
      ],
    });
    await queryRunner.createTable(log, true);
    const feed = new Table({
      name: 'change_feed',
      columns: [
        { ...portable.text('module', 40), isPrimary: true },
        { name: 'head', type: 'bigint', default: 0 },
        { name: 'min_seq', type: 'bigint', default: 1 },
        portable.text('epoch', 12),
      ],
    });
    await queryRunner.createTable(feed, true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE IF EXISTS `change_feed`');
    await queryRunner.query('DROP TABLE IF EXISTS `change_log`');
  }
}
