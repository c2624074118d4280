import type { PlinthModuleClass } from '../crud/plinth-module.js';
import { readArguments, tellError } from './command.js';
import { start } from './start.js';

export interface PlinthOptions {
  /** In any order. A module that another one imports has to be named as well. */
  readonly modules: readonly PlinthModuleClass[];
}

const USAGE =
  'npm start\n\nTakes no arguments, but settings from the environment: docs/configuration.md of Plinth lists them.';

/**
 * Runs the service with these modules until a signal ends it: all that a `main.ts` has to say. Settings come from the
 * environment. A start that fails is told in a line on standard error, with its exit code: 64 for arguments, 78 for settings.
 */
export async function plinth({ modules }: PlinthOptions): Promise<void> {
  try {
    readArguments(USAGE, {});
    await start(modules);
  } catch (error) {
    tellError(error);
  }
}
