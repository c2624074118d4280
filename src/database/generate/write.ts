import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Generated } from './generate.js';
import { RefusedError } from './generate.js';
import { formatted } from './formatted.js';
import { classNameOf, migrationText } from './migration-file.js';
import { withMigration } from './module-file.js';

/**
 * Writes each plan into the folder of its module, and into the module's list.
 * @returns what was done, and what is left to do, a line each
 */
export async function writeMigrations({ plans, time }: Generated, name: string, modules: string): Promise<string[]> {
  const files = plans.map((plan, at) => {
    const folder = join(modules, plan.table);
    const file = join(folder, `${name}.migration.ts`);
    if (!existsSync(folder))
      throw new RefusedError(`The module of '${plan.table}' is expected in ${folder}, which is not there.`);
    if (existsSync(file)) throw new RefusedError(`${file} is there already: give the migration another name.`);
    return { plan, folder, file, className: classNameOf(name, time + at) };
  });
  const lines: string[] = [];
  for (const { plan, folder, file, className } of files) {
    writeFileSync(file, await formatted(file, migrationText(className, plan)));
    lines.push(`Wrote ${file}.`, ...plan.notes);
    const listing = join(folder, `${plan.table}.module.ts`);
    const text = existsSync(listing)
      ? withMigration(readFileSync(listing, 'utf8'), className, `${name}.migration.js`)
      : null;
    if (text === null) lines.push(`Add ${className} to the migrations of ${listing}.`);
    else writeFileSync(listing, await formatted(listing, text));
  }
  return lines;
}
