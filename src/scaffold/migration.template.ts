import { classNameOf, migrationText } from '../database/generate/migration-file.js';
import { Plan } from '../database/generate/plan.js';
import { columnOptionsOf } from '../fields/field.column.js';
import { fieldOf } from '../fields/field.decorator.js';
import type { FieldOptions } from '../fields/field.js';
import type { NewField } from './new-field.js';
import type { NewModule } from './new-module.js';

export function migrationClass({ names }: NewModule, time: number): string {
  return classNameOf(`create-${names.module}`, time);
}

/** Writes the migration as `migrate:generate` would for the same declaration, which needs a build of it. */
export function migrationFile({ names: { module }, fields }: NewModule, className: string): string {
  const columns = Object.fromEntries(fields.map(({ name, options }) => [name, columnOf(options)]));
  const indexes = fields.filter(isIndexed).map(({ name }) => name);
  const uniques = fields.filter(({ options }) => options.unique).map(({ name }) => name);
  const keys = { ...(indexes.length > 0 && { indexes }), ...(uniques.length > 0 && { uniques }) };
  const plan = new Plan(module);
  const rest = Object.keys(keys).length > 0 ? [keys] : [];
  plan.step(plan.call('createResource', columns, ...rest), plan.call('dropResource'));
  return migrationText(className, plan);
}

function isIndexed({ name, options }: NewField): boolean {
  const { sortable, filterable } = fieldOf(name, options);
  return !options.unique && (sortable || filterable.some((operator) => operator === 'eq' || operator === 'in'));
}

/**
 * The part of a field's declaration that concerns its column. A migration stands for ever: an enum's words and a reference's
 * target change without one.
 */
function columnOf(options: FieldOptions): FieldOptions {
  const { nullable, default: value } = options;
  const rest = { ...(nullable && { nullable }), ...(value !== undefined && { default: value }) };
  const { type, length } = columnOptionsOf(options);
  if (type === 'varchar') return { type: 'string', maxLength: Number(length), ...rest };
  if (options.type === 'json' || options.type === 'list') {
    const text = value !== undefined && { default: JSON.stringify(value) };
    return { type: 'text', ...rest, ...text };
  }
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
