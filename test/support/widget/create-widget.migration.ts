import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { indexOf, Portable, SYSTEM_TIMES } from '../../../src/database/migrations/portable.js';

export class CreateWidget1764000000005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const columns = portable.crud([
      portable.text('code', 40),
      portable.text('colour', 40, { isNullable: true }),
      portable.integer('weight', { isNullable: true }),
      { name: 'fragile', type: 'boolean', default: false },
      portable.field('due_at', { type: 'timestamp', nullable: true }),
      portable.text('secret', 100, { isNullable: true }),
    ]);
    const indices = [...SYSTEM_TIMES, 'colour', 'weight', 'due_at'].map((name) => indexOf('widget', name));
    const uniques = [{ name: 'uq_widget_code', columnNames: ['code'] }];
    await queryRunner.createTable(new Table({ name: 'widget', columns, indices, uniques }), true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('widget', true);
  }
}
