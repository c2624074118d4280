import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { readCommandConfig } from './config/environment.js';
import { DatabaseState } from './database/database-state.js';
import { lineOf } from './privacy/ledger/ledger-file.js';
import { LedgerRepository } from './privacy/ledger/ledger.repository.js';
import { builtModules } from './process/built-modules.js';
import { readArguments, runCommand } from './process/command.js';
import { untilReady } from './process/until-ready.js';
import { Draining } from './runtime/draining.js';

const USAGE = `npm run -s privacy:ledger >FILE     writes which rows were erased, by id, one a line

Keep the file outside of the database's backups: npm run privacy:replay takes it.`;

await runCommand(async () => {
  readArguments(USAGE, {});
  const root = AppModule.with(readCommandConfig(), new Draining(), await builtModules());
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  try {
    await untilReady(app.get(DatabaseState));
    for await (const part of app.get(LedgerRepository, { strict: false }).all())
      process.stdout.write(part.map(lineOf).join(''));
  } finally {
    await app.close();
  }
});
