import type { INestApplication } from '@nestjs/common';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app.setup.js';
import { loadConfig } from './config/config.js';
import type { PlinthModuleClass } from './crud/plinth-module.js';
import { ModuleRegistry } from './crud/module.registry.js';
import { ApiDocument } from './openapi/document.js';
import { recordOfProcessing, type ProcessingRecord } from './openapi/processing-record.js';
import { kernelTables } from './schema.js';

/** The OpenAPI document, as a file has it. */
export function documentOf(app: INestApplication): string {
  return `${JSON.stringify(app.get(ApiDocument).get(), null, 2)}\n`;
}

/** The record of processing (GDPR art. 30) of a service, in two tables: its resources, and what the kernel keeps. */
export function recordOf(app: INestApplication): ProcessingRecord {
  const models = app
    .get(ModuleRegistry)
    .all()
    .map(({ model }) => model);
  return recordOfProcessing(models, kernelTables());
}

/** Asks a service with these modules that needs no database for the answer. */
export async function fromService<T>(
  modules: readonly PlinthModuleClass[],
  ask: (app: INestApplication) => T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-docs-'));
  const config = loadConfig({ DATABASE_URL: `sqlite:${join(folder, 'none.sqlite')}`, AUTH: 'keys' });
  const app = await createApp(config, modules);
  try {
    await app.init();
    return ask(app);
  } finally {
    await app.close();
    rmSync(folder, { recursive: true });
  }
}
