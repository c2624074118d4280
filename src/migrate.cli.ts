import { readCommandConfig } from './config/environment.js';
import { openDataSource } from './database/data-source.js';
import { Migrator } from './database/migrator.js';
import { builtModules } from './process/built-modules.js';
import { readArguments, runCommand, UsageError } from './process/command.js';
import { schemaOf } from './schema.js';

const USAGE = `npm run migrate              runs the migrations that are pending
npm run migrate -- status    lists those that were run, that failed and that are pending, and where the tables differ
npm run migrate -- revert    takes the last one back

The database is the one of DATABASE_URL.`;

const COMMANDS = new Map([
  ['run', run],
  ['status', status],
  ['revert', revert],
]);

await runCommand(async () => {
  const [command = 'run'] = readArguments(USAGE, {}, 1).positionals;
  const act = COMMANDS.get(command);
  if (!act) throw new UsageError(`Unknown command '${command}'`, USAGE);
  const { database } = readCommandConfig();
  // A migration may take as long as it takes: the limits of requests are not for it.
  const dataSource = await openDataSource(
    { ...database, statementTimeoutMs: 86_400_000 },
    schemaOf(await builtModules()),
  );
  try {
    await act(new Migrator(dataSource));
  } finally {
    await dataSource.destroy();
  }
});

async function run(migrator: Migrator): Promise<void> {
  const done = await migrator.run((line) => console.log(line));
  console.log(done.length === 0 ? 'Nothing to do.' : `Ran ${done.length} migration${done.length === 1 ? '' : 's'}.`);
}

async function revert(migrator: Migrator): Promise<void> {
  const name = await migrator.revert((line) => console.log(line));
  console.log(name === undefined ? 'Nothing to revert.' : `Reverted ${name}.`);
}

async function status(migrator: Migrator): Promise<void> {
  for (const name of await migrator.executed()) console.log(`done     ${name}`);
  const pending = await migrator.pending();
  for (const name of pending) {
    console.log(`pending  ${name}`);
    for (const failure of await migrator.failures(name)) console.log(`failed   ${name}, ${failure}`);
  }
  // Until all have run, the database can't be what is declared.
  if (pending.length === 0) for (const line of await migrator.drift()) console.log(`differs  ${line}`);
}
