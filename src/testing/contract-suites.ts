import { declarationOf, type PlinthModuleClass } from '../crud/plinth-module.js';
import type { Engine } from '../database/session.js';
import { nameOf } from '../rows/crud.entity.js';
import { batch } from './contract/batch.js';
import { changes } from './contract/changes.js';
import { indexes } from './contract/indexes.js';
import { lists } from './contract/lists.js';
import { retries } from './contract/retries.js';
import { rows } from './contract/rows.js';
import { engines } from './database.js';
import { declareSuite } from './subject.js';

const SUITES = { rows, lists, batch, retries, changes };

export interface ContractOptions {
  /** SQLite, and the server of the run if there is one, unless it says otherwise. */
  readonly engines?: readonly Engine[];
}

/**
 * Declares, in a file of Jest's, the tests of all that Plinth promises of every module. Rows are made from the declarations,
 * and from `src/modules/{module}/{module}.sample.ts` where a rule limits them.
 */
export function contractSuites(
  modules: readonly PlinthModuleClass[],
  { engines: which = engines() }: ContractOptions = {},
): void {
  const subjects = modules.map((module) => ({ module: nameOf(declarationOf(module).resource), modules }));
  for (const [name, suite] of Object.entries(SUITES)) declareSuite(name, suite, which, subjects);
  const servers = which.filter((engine) => engine !== 'sqlite');
  declareSuite('indexes', indexes, servers, subjects);
}
