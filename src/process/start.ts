import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../app.setup.js';
import { ConfigError } from '../config/config.js';
import { readConfig } from '../config/environment.js';
import { WrongEngineError } from '../database/data-source.js';
import { JsonLogger } from '../observability/logger.js';
import { Draining } from './draining.js';
import { keepTick } from './kept-tick.js';
import { stop } from './stop.js';

/** EX_CONFIG of sysexits.h: what starts the process should not try again by itself. */
const BAD_CONFIGURATION = 78;

/** Runs the service until a signal ends it. */
export async function start(): Promise<void> {
  keepTick();
  const config = configOrExit();
  const logger = new JsonLogger(config.log.level);
  const draining = new Draining();
  const running: { app?: NestFastifyApplication } = {};
  let stopping = false;

  const end = (code: number): never => {
    logger.flush();
    process.exit(code);
  };
  const stopOnce = async (why: string, code: number): Promise<void> => {
    if (stopping) end(1);
    stopping = true;
    setTimeout(() => end(1), config.shutdown.deadlineMs).unref();
    logger.log(`Stopping: ${why}`);
    if (running.app) await stop(running.app, draining, config.shutdown);
    logger.log('Stopped');
    end(code);
  };
  const fail = (error: unknown): void => {
    logger.fatal({ err: error, msg: 'Unexpected error' });
    if (error instanceof WrongEngineError) {
      process.stderr.write(`${error.message}\n`);
      end(BAD_CONFIGURATION);
    }
    void stopOnce('unexpected error', 1);
  };
  process.on('SIGTERM', () => void stopOnce('SIGTERM', 0));
  process.on('SIGINT', () => void stopOnce('SIGINT', 0));
  process.on('unhandledRejection', fail);
  process.on('uncaughtException', fail);

  const app = await createApp(config, { logger, draining, logRequest: logger.request });
  running.app = app;
  await app.init();
  // What was only needed to start: 25 MiB, for a tenth of a second. With `--expose-gc`, as `npm start` has it.
  globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
  await app.listen(config.http.port, config.http.host);
  logger.log(`Listening on ${await app.getUrl()}`);
}

function configOrExit(): ReturnType<typeof readConfig> {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(BAD_CONFIGURATION);
  }
}
