import type { INestApplication } from '@nestjs/common';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app.setup.js';
import { loadConfig } from './config/config.js';
import type { PlinthModuleClass } from './crud/plinth-module.js';
import { ApiDocument } from './openapi/document.js';

/** The OpenAPI document of a service with these modules, as a file has it. */
export function apiDocumentOf(modules: readonly PlinthModuleClass[]): Promise<string> {
  return fromService(modules, documentOf);
}

export function documentOf(app: INestApplication): string {
  return `${JSON.stringify(app.get(ApiDocument).get(), null, 2)}\n`;
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
