import type { Plan } from './plan.js';

/** `add-loan-code` and the time to `AddLoanCode1764000000000`. */
export function classNameOf(name: string, time: number): string {
  return `${name.replaceAll(/(^|-)(.)/g, (_match, _dash, letter: string) => letter.toUpperCase())}${time}`;
}

/** A migration as TypeScript; `npm run format` would leave it so, if prettier has seen it. */
export function migrationText(className: string, { table, up, down, notes }: Plan): string {
  const calls = (steps: readonly string[]) => steps.map((step) => `await portable.${step};`).join('\n');
  const comment = [`Generated from the declaration of \`${table}\`.`, ...notes];
  return `import { Portable } from 'plinth';
import type { MigrationInterface, QueryRunner } from 'typeorm';

${comment.length === 1 ? `/** ${comment[0]} */` : `/**\n${comment.map((line) => ` * ${line}\n`).join('')} */`}
export class ${className} implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    ${calls(up)}
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    ${calls(down)}
  }
}
`;
}
