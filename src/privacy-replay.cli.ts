import { NestFactory } from '@nestjs/core';
import { existsSync } from 'node:fs';
import { AppModule } from './app.module.js';
import { readCommandConfig } from './config/environment.js';
import { DatabaseState } from './database/database-state.js';
import { LedgerFile } from './privacy/ledger/ledger-file.js';
import { Replay } from './privacy/ledger/replay.js';
import { builtModules } from './process/built-modules.js';
import { readArguments, runCommand, UsageError } from './process/command.js';
import { untilReady } from './process/until-ready.js';
import { Draining } from './runtime/draining.js';

const USAGE = `npm run privacy:replay                    erases again what a restored backup has brought back
npm run privacy:replay -- --from FILE     by this ledger, and not by the one of PRIVACY_LEDGER

It can be run again, and does nothing where nothing was brought back.`;

await runCommand(async () => {
  const config = readCommandConfig();
  const { from = config.privacy.ledger } = readArguments(USAGE, { from: { type: 'string' } }).values;
  if (from === null) throw new UsageError('There is no ledger: set PRIVACY_LEDGER, or say --from FILE', USAGE);
  if (!existsSync(from)) throw new UsageError(`There is no file ${from}`, USAGE);
  const root = AppModule.with(config, new Draining(), await builtModules());
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  try {
    await untilReady(app.get(DatabaseState));
    const count = await app.get(Replay, { strict: false }).run(new LedgerFile(from));
    console.log(
      count === 0 ? 'Nothing to do.' : `Erased again: ${count} entr${count === 1 ? 'y' : 'ies'} of the ledger.`,
    );
  } finally {
    await app.close();
  }
});
