import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../dist/app.setup.js';
import { loadConfig } from '../dist/config/config.js';
import { SETTINGS } from '../dist/config/settings.js';
import { ApiDocument } from '../dist/openapi/document.js';
import { Metrics } from '../dist/observability/metrics.js';
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

/** @param metrics the registry's own objects */
function metricsTable(metrics) {
  const rows = metrics
    .map(({ name, type, labelNames, help }) => {
      const labels = labelNames.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${labels} | ${help.replaceAll('|', '\\|')} |`;
    })
    .sort();
  return ['| name | type | labels | |', '|---|---|---|---|', ...rows].join('\n');
}

/** What the service itself says, which needs no database for it. */
async function fromService() {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-docs-'));
  const app = await createApp(loadConfig({ DATABASE_URL: `sqlite:${join(folder, 'none.sqlite')}`, AUTH: 'keys' }));
  await app.init();
  const document = app.get(ApiDocument).get();
  const metrics = metricsTable(app.get(Metrics).registry.getMetricsAsArray());
  await app.close();
  rmSync(folder, { recursive: true });
  return { openapi: `${JSON.stringify(document, null, 2)}\n`, metrics };
}

/** Writes what stands between two comments of a file. */
function putPart(file, name, part) {
  const marked = new RegExp(`(<!-- ${name}:begin -->\n)[^]*?(<!-- ${name}:end -->)`);
  put(
    file,
    readFileSync(file, 'utf8').replace(marked, (_all, begin, end) => `${begin}${part}\n${end}`),
  );
}

await runCommand(async () => {
  const { values } = readArguments(USAGE, { check: { type: 'boolean' } });
  check = values.check === true;
  const { openapi, metrics } = await fromService();
  putPart('README.md', 'config', configTable());
  putPart('docs/metrics.md', 'metrics', metrics);
  put('docs/errors.md', errors());
  put('openapi.json', openapi);
  if (check && stale) process.exitCode = 1;
});
