import { writeFileSync } from 'node:fs';
import { readCommandConfig } from './config/environment.js';
import { openDataSource } from './database/data-source.js';
import { Migrator, schemaDrift } from './database/migrator.js';
import { modules } from './modules/index.js';
import { readArguments, runCommand, UsageError } from './process/command.js';
import { schemaOf } from './schema.js';

const USAGE = `npm run migrate:generate -- NAME    such as add-widget-code

Writes what the entities have and the migrated database of DATABASE_URL has not, as SQL to start from.`;

await runCommand(async () => {
  const [name = ''] = readArguments(USAGE, {}, 1).positionals;
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new UsageError('A NAME is lower-case letters, digits and hyphens', USAGE);
  const dataSource = await openDataSource(readCommandConfig().database, schemaOf(modules));
  const pending = await new Migrator(dataSource).pending();
  if (pending.length > 0) throw new Error(`Run the pending migrations first (npm run migrate): ${pending.join(', ')}`);
  const statements = await schemaDrift(dataSource);
  await dataSource.destroy();
  if (statements.length === 0) {
    console.log('The entities and the database agree: there is nothing to generate.');
  } else {
    const stamp = Date.now();
    const className = `${name.replaceAll(/(^|-)(.)/g, (_match, _dash: string, letter: string) => letter.toUpperCase())}${stamp}`;
    const file = `src/database/migrations/${stamp}-${name}.ts`;
    const lines = statements.map((sql) => `    await queryRunner.query(${JSON.stringify(sql)});`).join('\n');
    writeFileSync(
      file,
      `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generated on one engine: write it with \`Portable\` (see its neighbours), so that it runs on all of them. */
export class ${className} implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
${lines}
  }

  async down(): Promise<void> {
    throw new Error('Write the way back.');
  }
}
`,
    );
    console.log(`${file}: make it portable, and add ${className} to src/database/migrations.ts.`);
  }
});
