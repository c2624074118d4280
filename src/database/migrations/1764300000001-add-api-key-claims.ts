import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Portable } from './portable.js';

export class AddApiKeyClaims1764300000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).addField('api_key', 'claims', { type: 'string', maxLength: 2048, nullable: true });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropField('api_key', 'claims');
  }
}
