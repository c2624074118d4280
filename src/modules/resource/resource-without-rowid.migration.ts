import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Portable } from 'plinth';

const INDICES = [
  { name: 'ix_resource_created_at', columnNames: ['created_at', 'id'] },
  { name: 'ix_resource_name', columnNames: ['name', 'id'] },
];

/**
 * On SQLite the rows of `resource` stand in the tree of their ids instead of one of row numbers beside it
 * (https://sqlite.org/withoutrowid.html), as they do on InnoDB anyway: one search for a read where there were two.
 */
export class ResourceWithoutRowid1764000000004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await rebuild(queryRunner, true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await rebuild(queryRunner, false);
  }
}

async function rebuild(queryRunner: QueryRunner, withoutRowid: boolean): Promise<void> {
  if (queryRunner.dataSource.options.type !== 'better-sqlite3') return;
  const portable = new Portable(queryRunner);
  const table = new Table({
    name: 'resource',
    columns: portable.crud([portable.text('name', 255)]),
    indices: INDICES,
    withoutRowid,
  });
  for (const { name } of INDICES) await queryRunner.query(`DROP INDEX \`${name}\``);
  await queryRunner.query('ALTER TABLE `resource` RENAME TO `resource_before`');
  await queryRunner.createTable(table);
  const columns = table.columns.map(({ name }) => `\`${name}\``).join(', ');
  await queryRunner.query(
    `INSERT INTO \`resource\` (${columns}) SELECT ${columns} FROM \`resource_before\` ORDER BY \`id\``,
  );
  await queryRunner.query('DROP TABLE `resource_before`');
}
