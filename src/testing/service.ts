import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../app.setup.js';
import { loadConfig } from '../config/config.js';
import type { PlinthModuleClass } from '../crud/plinth-module.js';
import { DatabaseState } from '../database/database-state.js';
import { Database } from '../database/database.js';
import type { Engine } from '../database/session.js';
import { freshDatabase } from './database.js';

export interface TestService {
  readonly app: NestFastifyApplication;
  /** `http://127.0.0.1:{port}` */
  readonly origin: string;
  readonly database: Database;
  readonly url: string;
  /** All that Fastify routes: the method, and the path in Fastify's language. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  close(): Promise<void>;
}

export interface TestServiceOptions {
  /** Settings, beside those that name the database and the port. */
  readonly env?: Readonly<Record<string, string>>;
  readonly modules: readonly PlinthModuleClass[];
  /** Further modules of Nest's, without a resource. */
  readonly imports?: readonly Type[];
  /** Another server than the run's. */
  readonly server?: string;
}

/**
 * The whole service in this process, on a database of its own and a free port, ready.
 * @throws Error where the schema is another than is declared, or after 15 s
 */
export async function startService(
  engine: Engine,
  { env = {}, modules, imports = [], server }: TestServiceOptions,
): Promise<TestService> {
  const { url, drop } = await freshDatabase(engine, server);
  // Jest holds the loop up itself, where it reads what it has not compiled before: nothing is to be refused for that.
  const quiet = { PORT: '0', SHED_DELAY_MS: '0' };
  const config = loadConfig({ DATABASE_URL: url, DATABASE_MIGRATE: 'always', ...quiet, ...env });
  const app = await createApp(config, modules, { imports: [...imports] });
  app.useLogger(false);
  const routes: { method: string; path: string }[] = [];
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, path: url });
  });
  await app.listen(0, '127.0.0.1');
  const close = async () => {
    await app.close();
    await drop();
  };
  const state = app.get(DatabaseState);
  for (const end = Date.now() + 15_000; !state.isReady; await sleep(5)) {
    const isHopeless = state.status === 'schema-differs' || state.status === 'migration-failed';
    if (!isHopeless && Date.now() < end) continue;
    await close();
    const missing =
      state.missing.length > 0 ? `, it has not: ${state.missing.join(', ')} (npm run migrate:generate)` : '';
    throw new Error(`The database of the test did not get ready: ${state.status}${missing}`);
  }
  const database = app.get(Database);
  return { app, origin: (await app.getUrl()).replace('localhost', '127.0.0.1'), database, url, routes, close };
}
