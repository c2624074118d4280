// Contenders with packages of their own: installed at first use, and compiled where they are written in TypeScript.
import { transformFileSync } from '@swc/core';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const INSTALL = ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel', 'error'];

export function prepare(folder) {
  // npm writes this file last: without it an install was broken off.
  if (!existsSync(`${folder}/node_modules/.package-lock.json`)) {
    console.log(`npm install in ${folder}: the first time only`);
    if (spawnSync('npm', INSTALL, { cwd: folder, stdio: 'inherit' }).status !== 0)
      throw new Error(`npm install failed in ${folder}`);
  }
  if (!existsSync(`${folder}/main.ts`)) return;
  const { code } = transformFileSync(`${folder}/main.ts`, {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
    },
    module: { type: 'es6' },
  });
  writeFileSync(`${folder}/main.js`, code);
}

/** What is installed of a package. */
export function versionOf(folder, product) {
  return JSON.parse(readFileSync(`${folder}/node_modules/${product}/package.json`, 'utf8')).version;
}
