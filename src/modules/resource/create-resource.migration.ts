import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Portable } from 'plinth';

export class CreateResource1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const table = new Table({
      name: 'resource',
      columns: portable.crud([portable.text('name', 255)]),
      indices: [
        { name: 'ix_resource_created_at', columnNames: ['created_at', 'id'] },
        { name: 'ix_resource_name', columnNames: ['name', 'id'] },
      ],
    });
    await queryRunner.createTable(table, true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropResource('resource');
  }
}
