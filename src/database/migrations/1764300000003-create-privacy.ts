import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Portable } from './portable.js';

export class CreatePrivacy1764300000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const operation = new Table({
      name: 'plinth_privacy',
      columns: [
        portable.id(),
        portable.text('kind', 10),
        portable.text('subject', 255, { isNullable: true }),
        portable.text('token', 22),
        portable.text('state', 10),
        portable.text('module', 40, { isNullable: true }),
        portable.integer('rows', { default: 0 }),
        portable.document('counts'),
        portable.text('error', 100, { isNullable: true }),
        portable.text('asked_by', 255),
        portable.timestamp('created_at', { hasDefault: true }),
        portable.timestamp('began_at', { isNullable: true }),
        portable.timestamp('ended_at', { isNullable: true }),
      ],
      uniques: [{ name: 'uq_plinth_privacy_subject', columnNames: ['kind', 'subject'] }],
      indices: [{ name: 'ix_plinth_privacy_state', columnNames: ['state', 'id'] }],
    });
    await queryRunner.createTable(operation, true);
    const erasure = new Table({
      name: 'plinth_erasure',
      columns: [
        portable.id(),
        portable.text('operation', 36),
        portable.text('module', 40),
        portable.text('row_id', 36),
        portable.integer('version'),
        portable.text('how', 10),
        portable.text('token', 22),
        portable.timestamp('at', { hasDefault: true }),
      ],
      indices: [{ name: 'ix_plinth_erasure_operation', columnNames: ['operation', 'id'] }],
    });
    await queryRunner.createTable(erasure, true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE IF EXISTS `plinth_erasure`');
    await queryRunner.query('DROP TABLE IF EXISTS `plinth_privacy`');
  }
}
