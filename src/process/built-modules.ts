import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PlinthModuleClass } from '../crud/plinth-module.js';

/** The list of modules, as a build has it: from the folder where package.json is. */
const BUILT = 'dist/modules/index.js';

/** The modules of the project that a command is run in. @throws Error where it is not built */
export async function builtModules(): Promise<readonly PlinthModuleClass[]> {
  const file = resolve(BUILT);
  if (!existsSync(file))
    throw new Error(`There is no ${BUILT} here: run this where package.json is, after npm run build`);
  const { modules } = (await import(pathToFileURL(file).href)) as { modules?: unknown };
  if (!Array.isArray(modules)) throw new Error(`${BUILT} must export its list: export const modules = [LoanModule]`);
  return modules as PlinthModuleClass[];
}
