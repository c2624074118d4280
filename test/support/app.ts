import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppModule } from '../../src/app.module.js';
import { createApp } from '../../src/app.setup.js';
import { loadConfig } from '../../src/config/config.js';
import type { PlinthModuleClass } from '../../src/crud/plinth-module.js';
import { DatabaseState } from '../../src/database/database-state.js';
import { Database } from '../../src/database/database.js';
import type { Engine } from '../../src/database/session.js';
import { modules } from '../../src/modules/index.js';
import { freshDatabase } from './database.js';
import { WidgetModule } from './widget/widget.module.js';

export interface TestApp {
  readonly app: NestFastifyApplication;
  /** `http://127.0.0.1:{port}` */
  readonly origin: string;
  readonly database: Database;
  readonly url: string;
  /** All routes of Fastify: the method, and the path in Fastify's language. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly env?: Record<string, string>;
  /** Adds the widget, the module of the tests that has every kind of field. */
  readonly widget?: boolean;
  /** Modules of the test's own. */
  readonly modules?: readonly PlinthModuleClass[];
  /** Further modules of Nest's, without a resource. */
  readonly imports?: readonly Type[];
  /** Another server than the run's. */
  readonly server?: string;
}

/** The whole service in this process, on a database of its own and a free port, ready. */
export async function startApp(
  engine: Engine,
  { env = {}, widget = false, modules: others = [], imports = [], server }: TestAppOptions = {},
): Promise<TestApp> {
  const { url, drop } = await freshDatabase(engine, server);
  // Jest holds the loop up itself, where it reads what it has not compiled before: nothing is to be refused for that.
  const quiet = { PORT: '0', SHED_DELAY_MS: '0' };
  const config = loadConfig({ DATABASE_URL: url, DATABASE_MIGRATE: 'always', ...quiet, ...env });
  const app = await createApp(config, {
    root: (...args) => {
      const root = AppModule.with(...args, [...modules, ...(widget ? [WidgetModule] : []), ...others]);
      return { ...root, imports: [...root.imports!, ...imports] };
    },
  });
  app.useLogger(false);
  const routes: { method: string; path: string }[] = [];
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, path: url });
  });
  await app.listen(0, '127.0.0.1');
  const state = app.get(DatabaseState);
  for (const end = Date.now() + 15_000; !state.isReady; await sleep(5)) {
    if (Date.now() > end) throw new Error(`The database of the test did not get ready: ${state.status}`);
  }
  const database = app.get(Database);
  const close = async () => {
    await app.close();
    await drop();
  };
  return { app, origin: (await app.getUrl()).replace('localhost', '127.0.0.1'), database, url, routes, close };
}
