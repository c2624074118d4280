import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import type { Config, HttpConfig, Listening } from '../config/config.js';
import { isRunByNpm, readChangedSettings, readConfig } from '../config/environment.js';
import type { PlinthModuleClass } from '../crud/plinth-module.js';
import { JsonLogger } from '../observability/logger.js';
import { VERSION } from '../config/version.js';
import { Draining } from '../runtime/draining.js';
import { onSignals } from './early-signals.js';
import { Ending } from './ending.js';
import { managementOf, stop } from './stop.js';
import { findTracer, tracer } from '../runtime/tracing.js';

/** npm passes a signal on that the terminal has sent to its whole process group. */
const NPM_REPEATS_WITHIN_MS = 1_000;

/** Runs the service until a signal ends it. @throws ConfigError */
export async function start(modules: readonly PlinthModuleClass[]): Promise<void> {
  const config = readConfig();
  const logger = new JsonLogger(config.log);
  logger.log(startLine(config));
  const draining = new Draining();
  let app: NestFastifyApplication | undefined;
  let isListening = false;
  let endTraces: (() => Promise<void>) | undefined;

  const ending = new Ending(logger, {
    deadlineMs: config.shutdown.deadlineMs,
    repeatedWithinMs: isRunByNpm() ? NPM_REPEATS_WITHIN_MS : 0,
    stop: async (isOrderly) => {
      await started.catch(() => undefined);
      const { drainMs, inFlightMs } = config.shutdown;
      // Nobody routes to it before it listens.
      if (app) await stop(app, draining, { drainMs: isListening && isOrderly ? drainMs : 0, inFlightMs });
      await endTraces?.();
    },
  });
  onSignals((signal) => ending.onSignal(signal));
  process.on('SIGUSR2', () => logger.toggleDebug());
  process.on('unhandledRejection', (error) => ending.fail(error));
  process.on('uncaughtException', (error) => ending.fail(error));
  // An error stream that can't be written to has nobody to tell.
  process.stderr.on('error', () => undefined);

  const run = async (): Promise<void> => {
    // Imported only now: that takes half a second, in which nobody would hear a signal.
    const { createApp } = await import('../app.setup.js');
    endTraces = await startTraces(config);
    const droppedLines = () => logger.dropped;
    app = await createApp(config, modules, { logger, draining, logRequest: logger.request, droppedLines });
    if (ending.hasBegun) return;
    await app.init();
    if (ending.hasBegun) return;
    // Frees the memory that only the start needed: 25 MiB, in a tenth of a second. With `--expose-gc`, as `npm start` has it.
    globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
    await listen(app, config.http);
    isListening = true;
    const { management } = config.http;
    const probes = management ? `, probes and metrics on http://${management.host}:${management.port}` : '';
    logger.log(`Listening on ${await app.getUrl()}${probes}`);
  };
  const started = run();
  await started.catch((error: unknown) => ending.fail(error));
}

/** A mistake in the configuration that only the machine could tell. */
class ListenError extends Error {
  readonly exitCode = 1;
}

/** The facts about the process that somebody who reads its log at night has to know. */
function startLine({ commit, database }: Config): object {
  return {
    msg: `Plinth ${VERSION} starts`,
    version: VERSION,
    commit: commit ?? 'unknown',
    node: process.versions.node,
    engine: database.kind,
    ...(database.kind !== 'sqlite' && { encrypted: database.tls !== null }),
    settings: readChangedSettings(),
  };
}

/** Takes the SDK that Node was told to import, if there is one. @returns ends the tracing */
async function startTraces({ traces }: Config): Promise<(() => Promise<void>) | undefined> {
  findTracer();
  if (tracer || !traces) return undefined;
  const { exportTraces } = await import('../observability/trace-exporter.js');
  const end = await exportTraces(traces);
  findTracer();
  return end;
}

async function listen(app: NestFastifyApplication, http: HttpConfig): Promise<void> {
  const server = managementOf(app);
  // First: whoever looks for the service finds its probes by then.
  if (server) await listenOn(http.management!, ({ port, host }) => once(server.listen(port, host), 'listening'));
  await listenOn(http, ({ port, host }) => app.listen(port, host));
}

async function listenOn(where: Listening, work: (where: Listening) => Promise<unknown>): Promise<void> {
  try {
    await work(where);
  } catch (error) {
    const { host, port } = where;
    throw new ListenError(`Can not listen on ${host}, port ${port}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
