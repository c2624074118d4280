import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Portable } from './portable.js';

export class CreateBackground1764300000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const consumer = new Table({
      name: 'plinth_consumer',
      columns: [
        { ...portable.text('name', 40), isPrimary: true },
        portable.text('module', 40),
        portable.text('epoch', 12),
        { name: 'seq', type: 'bigint' },
        portable.text('change_id', 36, { isNullable: true }),
        portable.integer('tries', { default: 0 }),
        portable.text('stopped', 1000, { isNullable: true }),
        portable.timestamp('moved_at', { hasDefault: true }),
      ],
    });
    await queryRunner.createTable(consumer, true);
    const setAside = new Table({
      name: 'plinth_set_aside',
      columns: [
        portable.id(),
        portable.text('consumer', 40),
        portable.text('module', 40),
        portable.text('resource_id', 36),
        portable.text('change_id', 36),
        { name: 'seq', type: 'bigint' },
        portable.integer('tries'),
        portable.text('error', 1000),
        portable.text('state', 10),
        portable.timestamp('at', { hasDefault: true }),
      ],
      uniques: [{ name: 'uq_plinth_set_aside_row', columnNames: ['consumer', 'resource_id'] }],
      indices: [{ name: 'ix_plinth_set_aside_at', columnNames: ['at', 'id'] }],
    });
    await queryRunner.createTable(setAside, true);
    const job = new Table({
      name: 'plinth_job',
      columns: [
        { ...portable.text('name', 40), isPrimary: true },
        portable.text('schedule', 200),
        portable.timestamp('due_at'),
        portable.timestamp('began_at', { isNullable: true }),
        portable.integer('starts', { default: 0 }),
        portable.timestamp('succeeded_at', { isNullable: true }),
        portable.integer('duration_ms', { isNullable: true }),
        portable.integer('failures', { default: 0 }),
        portable.text('error', 1000, { isNullable: true }),
      ],
    });
    await queryRunner.createTable(job, true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE IF EXISTS `plinth_job`');
    await queryRunner.query('DROP TABLE IF EXISTS `plinth_set_aside`');
    await queryRunner.query('DROP TABLE IF EXISTS `plinth_consumer`');
  }
}
