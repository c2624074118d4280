import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HttpConfig } from '../config/config.js';
import { isRunByNpm, readConfig } from '../config/environment.js';
import type { PlinthModuleClass } from '../crud/plinth-module.js';
import { JsonLogger } from '../observability/logger.js';
import { Draining } from '../runtime/draining.js';
import { onSignals } from './early-signals.js';
import { Ending } from './ending.js';
import { keepTick } from '../runtime/kept-tick.js';
import { stop } from './stop.js';

/** npm passes a signal on that the terminal has sent to its whole process group. */
const NPM_REPEATS_WITHIN_MS = 1_000;

/** Runs the service until a signal ends it. @throws ConfigError */
export async function start(modules: readonly PlinthModuleClass[]): Promise<void> {
  keepTick();
  const config = readConfig();
  const logger = new JsonLogger(config.log.level);
  const draining = new Draining();
  let app: NestFastifyApplication | undefined;
  let isListening = false;

  const ending = new Ending(logger, {
    deadlineMs: config.shutdown.deadlineMs,
    repeatedWithinMs: isRunByNpm() ? NPM_REPEATS_WITHIN_MS : 0,
    stop: async (isOrderly) => {
      await started.catch(() => undefined);
      const { drainMs, inFlightMs } = config.shutdown;
      // Nobody routes to it before it listens.
      if (app) await stop(app, draining, { drainMs: isListening && isOrderly ? drainMs : 0, inFlightMs });
    },
  });
  onSignals((signal) => ending.onSignal(signal));
  process.on('unhandledRejection', (error) => ending.fail(error));
  process.on('uncaughtException', (error) => ending.fail(error));
  // An error stream that can't be written to has nobody to tell.
  process.stderr.on('error', () => undefined);

  const run = async (): Promise<void> => {
    // Imported only now: that takes half a second, in which nobody would hear a signal.
    const { createApp } = await import('../app.setup.js');
    const droppedLines = () => logger.dropped;
    app = await createApp(config, modules, { logger, draining, logRequest: logger.request, droppedLines });
    if (ending.hasBegun) return;
    await app.init();
    if (ending.hasBegun) return;
    // Frees the memory that only the start needed: 25 MiB, in a tenth of a second. With `--expose-gc`, as `npm start` has it.
    globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
    await listen(app, config.http);
    isListening = true;
    logger.log(`Listening on ${await app.getUrl()}`);
  };
  const started = run();
  await started.catch((error: unknown) => ending.fail(error));
}

/** A mistake in the configuration that only the machine could tell. */
class ListenError extends Error {
  readonly exitCode = 1;
}

async function listen(app: NestFastifyApplication, { host, port }: HttpConfig): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw new ListenError(`Can not listen on ${host}, port ${port}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
