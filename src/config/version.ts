import { readFileSync } from 'node:fs';

/** The version of the package: its file is as far from here in the sources as in the build. */
const file = new URL('../../package.json', import.meta.url);
export const { name: NAME, version: VERSION } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly name: string;
  readonly version: string;
};
