import { columnOptionsOf } from '../fields/field.column.js';
import { fieldOf } from '../fields/field.decorator.js';
import type { FieldOptions } from '../fields/field.js';
import { optionsCode } from './entity.template.js';
import type { NewField } from './new-field.js';
import type { NewModule } from './new-module.js';

export function migrationClass({ names }: NewModule, time: number): string {
  return `Create${names.type}${time}`;
}

/** A migration stands for ever, and the declaration goes on changing: it speaks of columns, and imports no resource. */
export function migrationFile({ names: { module }, fields }: NewModule, className: string): string {
  const columns = fields.map(({ name, options }) => `portable.field('${name}', ${optionsCode(columnOf(options))})`);
  const indexed = fields.filter(isIndexed).map(({ name }) => `'${name}'`);
  const unique = fields.filter(({ options }) => options.unique).map(({ name }) => name);
  const uniques = unique.map((name) => `{ name: 'uq_${module}_${name}', columnNames: ['${name}'] }`);
  const keys = uniques.length > 0 ? `indices, uniques: [${uniques.join(', ')}]` : 'indices';
  return `import { indexOf, Portable, SYSTEM_TIMES } from 'plinth';
import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';

export class ${className} implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    const columns = portable.crud([${columns.join(', ')}]);
    const indices = [${['...SYSTEM_TIMES', ...indexed].join(', ')}].map((name) => indexOf('${module}', name));
    await queryRunner.createTable(new Table({ name: '${module}', columns, ${keys} }), true);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('${module}', true);
  }
}
`;
}

function isIndexed({ name, options }: NewField): boolean {
  const { sortable, filterable } = fieldOf(name, options);
  return !options.unique && (sortable || filterable.some((operator) => operator === 'eq' || operator === 'in'));
}

/** What a field says about its column; an enum's words and a reference's target change without a migration. */
function columnOf(options: FieldOptions): FieldOptions {
  const { nullable, default: value } = options;
  const rest = {
    ...(nullable && { nullable }),
    ...(value !== undefined && typeof value !== 'object' && { default: value }),
  };
  const { type, length } = columnOptionsOf(options);
  if (type === 'varchar') return { type: 'string', maxLength: Number(length), ...rest };
  if (type === 'mediumtext') return { type: 'text', ...rest };
  const { minimum, maximum, precision, scale } = options;
  // An integer's range decides how wide its column is.
  const isWide = options.type === 'integer' && type === 'bigint';
  return {
    type: options.type,
    ...(isWide && minimum !== undefined && { minimum }),
    ...(isWide && maximum !== undefined && { maximum }),
    ...(precision !== undefined && { precision, scale: scale! }),
    ...rest,
  };
}
