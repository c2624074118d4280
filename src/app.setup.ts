import { NOBODY } from './access/caller.js';
import 'reflect-metadata';
import { RequestMethod, type DynamicModule, type LoggerService } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessControl } from './access/access-control.js';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import type { PlinthModuleClass } from './crud/plinth-module.js';
import { EndpointRunner } from './crud/endpoints/endpoint.runner.js';
import { readByQuery } from './crud/endpoints/read-by-query.js';
import { httpAdapter } from './http/engine/http.adapter.js';
import { HeldBytes } from './http/held-bytes.js';
import type { HttpServices } from './http/http-services.js';
import { rootPaths } from './http/root-controller.decorator.js';
import { Metrics } from './observability/metrics.js';
import { Draining } from './runtime/draining.js';

export interface AppOptions {
  readonly logger?: LoggerService | false;
  readonly draining?: Draining;
  readonly logRequest?: HttpServices['logRequest'];
  /** Lines of the log that nobody will see. */
  readonly droppedLines?: () => number;
  /** Further modules of Nest's, without a resource. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
}

/** Everything that is global about HTTP: `main` and every HTTP test build the service with it. Not listening yet. */
export async function createApp(
  config: Config,
  modules: readonly PlinthModuleClass[],
  options: AppOptions = {},
): Promise<NestFastifyApplication> {
  const { logger = false, draining = new Draining(), logRequest, droppedLines = () => 0, imports = [] } = options;
  const services: HttpServices = { draining, logRequest, nobody: NOBODY, held: new HeldBytes(config) };
  const adapter = httpAdapter(config.http, services);
  readByQuery(adapter.getInstance());
  // `abortOnError`: errors at start reach `main`, which knows how to say them.
  const root = AppModule.with(config, draining, modules);
  const all = { ...root, imports: [...root.imports!, ...imports] };
  const app = await NestFactory.create<NestFastifyApplication>(all, adapter, {
    bodyParser: false,
    logger,
    abortOnError: false,
  });
  services.gate = app.get(AccessControl);
  services.exchange = app.get(EndpointRunner);
  const metrics = app.get(Metrics);
  metrics.droppedLines = droppedLines;
  services.measureRequest = metrics.request;
  services.tellProblem = metrics.problem;
  services.tellUnread = metrics.connectionUnread;
  const exclude = rootPaths(app.get(DiscoveryService)).map((path) => ({ path, method: RequestMethod.ALL }));
  app.setGlobalPrefix('api', { exclude });
  return app;
}
