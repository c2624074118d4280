import { readFileSync, writeFileSync } from 'node:fs';
import { documentOf, fromService, recordOf } from '../dist/api-document.js';
import { SETTINGS } from '../dist/config/settings.js';
import { declarationOf } from '../dist/crud/plinth-module.js';
import { modules } from '../dist/modules/index.js';
import { Metrics } from '../dist/observability/metrics.js';
import { problemTypes } from '../dist/problems/problem.catalogue.js';
import { readArguments, runCommand } from '../dist/process/command.js';
import { withSnippets } from './snippets.js';

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
  const own = modules.flatMap((module) => Object.values(declarationOf(module).settings?.declared ?? {}));
  const rows = [...Object.values(SETTINGS), ...own].map(
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

/** Writes what stands between two comments of a file. */
function putPart(file, name, part) {
  const marked = new RegExp(`(<!-- ${name}:begin -->\n)[^]*?(<!-- ${name}:end -->)`);
  put(
    file,
    readFileSync(file, 'utf8').replace(marked, (_all, begin, end) => `${begin}${part}\n${end}`),
  );
}

const EXTENDING = 'docs/extending.md';
await runCommand(async () => {
  const { values } = readArguments(USAGE, { check: { type: 'boolean' } });
  check = values.check === true;
  const [openapi, record, metrics] = await fromService(modules, (app) => [
    documentOf(app),
    recordOf(app),
    metricsTable(app.get(Metrics).registry.getMetricsAsArray()),
  ]);
  putPart('docs/configuration.md', 'config', configTable());
  putPart('docs/metrics.md', 'metrics', metrics);
  putPart('docs/privacy.md', 'resources', record.resources);
  putPart('docs/privacy.md', 'kernel', record.kernel);
  put('docs/errors.md', errors());
  put(EXTENDING, withSnippets(readFileSync(EXTENDING, 'utf8'), EXTENDING));
  put('openapi.json', openapi);
  if (check && stale) process.exitCode = 1;
});
