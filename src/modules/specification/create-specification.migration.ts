import { Portable } from 'plinth';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generated from the declaration of `specification`. */
export class CreateSpecification1795870834778 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    await portable.createResource(
      'specification',
      {
        name: { type: 'string', maxLength: 255 },
        status: { type: 'string', maxLength: 64, default: 'planning', nullable: true },
        target_release: { type: 'string', maxLength: 100, nullable: true },
        target_date: { type: 'date', nullable: true },
        overview: { type: 'text', default: '' },
        background: { type: 'text', default: '' },
        architecture: { type: 'text', default: '' },
        core_components: { type: 'text', default: '' },
        data_models: { type: 'text', default: '' },
        api: { type: 'text', default: '' },
        database_schema: { type: 'text', default: '' },
        unit_tests: { type: 'text', default: '' },
        integration_tests: { type: 'text', default: '' },
        performance_tests: { type: 'text', default: '' },
        alternatives: { type: 'text', default: '' },
        capacity: { type: 'text', default: '' },
        cost: { type: 'text', default: '' },
        resources: { type: 'text', default: '[]' },
        goals: { type: 'text', default: '[]' },
        non_goals: { type: 'text', default: '[]' },
        security: { type: 'text', default: '[]' },
        privacy: { type: 'text', default: '[]' },
        scalability: { type: 'text', default: '[]' },
        metrics: { type: 'text', default: '[]' },
        alerts: { type: 'text', default: '[]' },
        rollout: { type: 'text', default: '[]' },
        future: { type: 'text', default: '[]' },
        sources: { type: 'text', default: '[]' },
        performance: { type: 'text', nullable: true },
        deployment: { type: 'text', nullable: true },
        migration: { type: 'text', nullable: true },
        dependencies: { type: 'text', nullable: true },
        technical_risks: { type: 'text', default: '[]' },
        business_risks: { type: 'text', default: '[]' },
        success_metrics: { type: 'text', default: '[]' },
        timeline: { type: 'text', nullable: true },
      },
      { indexes: ['name', 'status', 'target_release', 'target_date'] },
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    await portable.dropResource('specification');
  }
}
