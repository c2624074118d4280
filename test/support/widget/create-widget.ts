import { Table, type QueryRunner } from 'typeorm';
import { indexOf, Portable, SYSTEM_TIMES } from '../../../src/database/migrations/portable.js';

/** The widget's migration. */
export async function createWidget(queryRunner: QueryRunner): Promise<void> {
  const portable = new Portable(queryRunner);
  const columns = portable.crud([
    portable.text('code', 40),
    portable.text('colour', 40, { isNullable: true }),
    portable.integer('weight', { isNullable: true }),
    { name: 'fragile', type: 'boolean', default: false },
    portable.timestamp('due_at', { isNullable: true }),
    portable.text('secret', 100, { isNullable: true }),
  ]);
  const indices = [...SYSTEM_TIMES, 'colour', 'weight', 'due_at'].map((name) => indexOf('widget', name));
  const uniques = [{ name: 'uq_widget_code', columnNames: ['code'] }];
  await queryRunner.createTable(new Table({ name: 'widget', columns, indices, uniques }), true);
}
