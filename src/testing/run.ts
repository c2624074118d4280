import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

export interface TestRun {
  /** Arguments of Jest's. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Names of modules, before any option, stand for all tests of these modules, on SQLite unless `TEST_ENGINES` is `all`: the
 * specs in their folders and the contract. Everything else is Jest's own. (Erasable syntax only: `npm test` imports this
 * file without a compiler.)
 */
export function testRun(given: readonly string[]): TestRun {
  const options = given.findIndex((arg) => arg.startsWith('-'));
  const names = given.slice(0, options === -1 ? given.length : options);
  const rest = given.slice(names.length);
  const isModule = (name: string): boolean => /^[a-z][a-z0-9-]*$/.test(name) && existsSync(`src/modules/${name}`);
  if (names.length === 0 || !names.every(isModule)) return { args: given, env: {} };
  const files = [...names.map((name) => `src/modules/${name}/`), 'test/contract'];
  return {
    args: [...files, ...rest],
    env: { TEST_MODULES: names.join(','), TEST_ENGINES: process.env.TEST_ENGINES ?? 'sqlite' },
  };
}

/** Becomes Jest, in the folder where package.json is. */
export function runTests({ args, env }: TestRun): never {
  const jest = createRequire(resolve('package.json')).resolve('jest/package.json');
  const flags = ['--experimental-vm-modules', '--no-warnings'];
  const command = [process.execPath, ...flags, join(dirname(jest), 'bin/jest.js'), ...args];
  return process.execve!(process.execPath, command, { ...process.env, ...env });
}
