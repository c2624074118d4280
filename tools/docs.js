import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../dist/app.setup.js';
import { loadConfig } from '../dist/config/config.js';
import { SETTINGS } from '../dist/config/settings.js';
import { ApiDocument } from '../dist/openapi/document.js';
import { problemTypes } from '../dist/problems/problem.catalogue.js';
import { readArguments, runCommand } from '../dist/process/command.js';

const USAGE = `npm run docs          writes what stands in the docs and comes from the code
npm run docs:check    only says whether it is current`;
let check = false;
let stale = false;

function put(file, text) {
  if (readFileSync(file, { encoding: 'utf8', flag: 'a+' }) === text) return;
  stale = true;
  if (check) console.error(`${file} is not current: npm run docs`);
  else writeFileSync(file, text);
}

function configTable() {
  const rows = Object.values(SETTINGS).map(
    ({ key, default: value, expects, description, secret }) =>
      `| \`${key}\`${secret ? `, \`${key}_FILE\`` : ''} | ${value === '' ? 'none' : `\`${value}\``} | ${description} Takes ${expects}. |`,
  );
  return ['| variable | default | |', '|---|---|---|', ...rows].join('\n');
}

function errors() {
  const sections = [...problemTypes()].map(
    ([code, { status, title, explanation }]) => `## ${code}\n\n${status} · ${title}\n\n${explanation}\n`,
  );
  return `# Errors

Every failure is an \`application/problem+json\` body (RFC 9457): \`type\`, \`title\`, \`status\`, \`detail\`, \`instance\`, \`code\`,
\`trace_id\` and, where there is more to say, \`errors\`: one entry for each fault with a \`code\`, a \`detail\` and a JSON
\`pointer\`, a \`parameter\` (with the \`position\` of the character) or a \`header\`. \`code\` is stable; texts may change.
A running service shows these pages at \`/problems\`. This file is made by \`npm run docs\`.

${sections.join('\n')}`;
}

/** From the service itself, which needs no database for it. */
async function openapi() {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-docs-'));
  const app = await createApp(loadConfig({ DATABASE_URL: `sqlite:${join(folder, 'none.sqlite')}`, AUTH: 'keys' }));
  await app.init();
  const document = app.get(ApiDocument).get();
  await app.close();
  rmSync(folder, { recursive: true });
  return `${JSON.stringify(document, null, 2)}\n`;
}

const README = 'README.md';
const marked = /(<!-- config:begin -->\n)[^]*?(<!-- config:end -->)/;
await runCommand(async () => {
  const { values } = readArguments(USAGE, { check: { type: 'boolean' } });
  check = values.check === true;
  put(
    README,
    readFileSync(README, 'utf8').replace(marked, (_all, begin, end) => `${begin}${configTable()}\n${end}`),
  );
  put('docs/errors.md', errors());
  put('openapi.json', await openapi());
  if (check && stale) process.exitCode = 1;
});
