import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { documentOf, fromService, recordOf } from './api-document.js';
import { builtModules } from './process/built-modules.js';
import { readArguments, runCommand } from './process/command.js';

const API = 'openapi.json';
const RECORD = 'processing.md';
const USAGE = `npm run docs               writes ${API}: the API of the modules, from their declarations; and ${RECORD},
                           the record of processing, where a resource has personal data
npm run docs -- --check    only says whether they are current`;

await runCommand(async () => {
  const { values } = readArguments(USAGE, { check: { type: 'boolean' } });
  const [api, { resources, kernel, isNeeded }] = await fromService(
    await builtModules(),
    (app) => [documentOf(app), recordOf(app)] as const,
  );
  const head = '# Record of processing\n\nWritten by `npm run docs`, from the declarations.';
  const files = new Map([[API, api]]);
  if (isNeeded || existsSync(RECORD))
    files.set(RECORD, `${head}\n\n${resources}\n\n## What Plinth keeps\n\n${kernel}\n`);
  for (const [file, text] of files) {
    if (readFileSync(file, { encoding: 'utf8', flag: 'a+' }) === text) continue;
    if (!values.check) writeFileSync(file, text);
    else {
      console.error(`${file} is not current: npm run docs`);
      process.exitCode = 1;
    }
  }
});
