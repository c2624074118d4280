import { readFileSync, writeFileSync } from 'node:fs';
import { apiDocumentOf } from './api-document.js';
import { builtModules } from './process/built-modules.js';
import { readArguments, runCommand } from './process/command.js';

const FILE = 'openapi.json';
const USAGE = `npm run docs               writes ${FILE}: the API of the modules, from their declarations
npm run docs -- --check    only says whether it is current`;

await runCommand(async () => {
  const { values } = readArguments(USAGE, { check: { type: 'boolean' } });
  const document = await apiDocumentOf(await builtModules());
  if (readFileSync(FILE, { encoding: 'utf8', flag: 'a+' }) === document) return;
  if (!values.check) return writeFileSync(FILE, document);
  console.error(`${FILE} is not current: npm run docs`);
  process.exitCode = 1;
});
