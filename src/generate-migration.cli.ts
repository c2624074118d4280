import { declarationOf } from './crud/plinth-module.js';
import { generate } from './database/generate/generate.js';
import { writeMigrations } from './database/generate/write.js';
import { builtModules } from './process/built-modules.js';
import { readArguments, runCommand, UsageError } from './process/command.js';
import { schemaOf } from './schema.js';

const USAGE = `npm run migrate:generate -- NAME     writes what is declared and no migration says, for all engines

  NAME                       such as add-loan-code
  --rename loan.old=new      a field has another name
  --drop loan.old            a field is gone, and all its values with it
  --keep loan.old            a field is gone, and its column stays until a later migration
  --narrow loan.code         a field takes fewer values than before, and all rows are known to fit`;

const DECISION = { type: 'string', multiple: true } as const;
const DECISIONS = { rename: DECISION, drop: DECISION, keep: DECISION, narrow: DECISION };

await runCommand(async () => {
  const { positionals, values } = readArguments(USAGE, DECISIONS, 1);
  const [name = ''] = positionals;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new UsageError('A NAME is lower-case letters, digits and hyphens', USAGE);
  const modules = await builtModules();
  const resources = modules.map((module) => declarationOf(module).resource);
  const generated = await generate(schemaOf(modules), resources, values);
  if (generated.plans.length === 0)
    console.log('The declarations and the migrations agree: there is nothing to generate.');
  for (const line of await writeMigrations(generated, name, 'src/modules')) console.log(line);
});
