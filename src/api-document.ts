import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app.setup.js';
import { loadConfig } from './config/config.js';
import type { PlinthModuleClass } from './crud/plinth-module.js';
import { ApiDocument } from './openapi/document.js';

/** The OpenAPI document of a service with these modules, as a file has it; from the service itself, without a database. */
export async function apiDocumentOf(modules: readonly PlinthModuleClass[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-docs-'));
  const config = loadConfig({ DATABASE_URL: `sqlite:${join(folder, 'none.sqlite')}`, AUTH: 'keys' });
  const app = await createApp(config, modules);
  try {
    await app.init();
    return `${JSON.stringify(app.get(ApiDocument).get(), null, 2)}\n`;
  } finally {
    await app.close();
    rmSync(folder, { recursive: true });
  }
}
