import { parseArgs } from 'node:util';
import { declarationOf } from './crud/plinth-module.js';
import { generate } from './database/generate/generate.js';
import { writeMigrations } from './database/generate/write.js';
import { modules } from './modules/index.js';
import { schemaOf } from './schema.js';

const USAGE = `npm run migrate:generate -- NAME     writes what is declared and no migration says, for all engines

  NAME                       such as add-loan-code
  --rename loan.old=new      a field has another name
  --drop loan.old            a field is gone, and all its values with it
  --keep loan.old            a field is gone, and its column stays until a later migration
  --narrow loan.code         a field takes fewer values than before, and all rows are known to fit`;

const DECISION = { type: 'string', multiple: true } as const;

async function main(): Promise<void> {
  const { positionals, values } = argumentsOrUsage();
  const [name = ''] = positionals;
  if (positionals.length !== 1 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new UsageError('Give the migration one name');
  const resources = modules.map((module) => declarationOf(module).resource);
  const generated = await generate(schemaOf(modules), resources, values);
  if (generated.plans.length === 0)
    console.log('The declarations and the migrations agree: there is nothing to generate.');
  for (const line of await writeMigrations(generated, name, 'src/modules')) console.log(line);
}

function argumentsOrUsage() {
  const options = { rename: DECISION, drop: DECISION, keep: DECISION, narrow: DECISION };
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

class UsageError extends Error {
  /** EX_USAGE of sysexits.h. */
  readonly exitCode = 64;

  constructor(what: string) {
    super(`${what}.\n\n${USAGE}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = (error as { exitCode?: number }).exitCode ?? 1;
});
