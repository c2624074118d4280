import { withApplication } from './command-application.js';
import { lineOf } from './privacy/ledger/ledger-file.js';
import { LedgerRepository } from './privacy/ledger/ledger.repository.js';
import { readArguments, runCommand } from './process/command.js';

const USAGE = `npm run -s privacy:ledger >FILE     writes which rows were erased, by id, one a line

Keep the file outside of the database's backups: npm run privacy:replay takes it.`;

await runCommand(async () => {
  readArguments(USAGE, {});
  await withApplication(async (app) => {
    for await (const part of app.get(LedgerRepository, { strict: false }).all())
      process.stdout.write(part.map(lineOf).join(''));
  });
});
