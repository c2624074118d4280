import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppModule } from './app.module.js';
import { readCommandConfig } from './config/environment.js';
import { DatabaseState } from './database/database-state.js';
import { builtModules } from './process/built-modules.js';
import { Draining } from './runtime/draining.js';

const WAIT_MS = 15_000;

/** The database is away, or not migrated. */
class NotReadyError extends Error {
  /** EX_UNAVAILABLE of sysexits.h. */
  readonly exitCode = 69;
}

/**
 * Runs a command with the project's application, without its HTTP.
 * @throws Error with exit code 69 where the database is not ready within 15 s
 */
export async function withApplication(run: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const root = AppModule.with(readCommandConfig(), new Draining(), await builtModules());
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  try {
    await until(app.get(DatabaseState));
    await run(app);
  } finally {
    await app.close();
  }
}

async function until(state: DatabaseState): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !state.isReady; await sleep(20)) {
    if (Date.now() > end)
      throw new NotReadyError(`The database is not ready (${state.status}): npm run migrate:status`);
  }
}
