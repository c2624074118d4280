import type { RowRule } from '../../src/rows/row-rule.js';
import { ModuleRegistry } from '../../src/crud/module.registry.js';
import { ApiKeyService } from '../../src/access/keys/api-key.service.js';
import type { Engine } from '../../src/database/session.js';
import { Caller } from '../../src/access/caller.js';
import type { ApiKeyView } from '../../src/access/keys/api-key.dto.js';
import { startApp, type TestApp, type TestAppOptions } from './app.js';
import { Client } from '../../src/testing/client.js';
import { Issuer } from './issuer.js';

export const OPERATOR = { caller: new Caller('test', ['*:*']), traceId: '0'.repeat(32) };

/** The service with API keys, and a client who may do everything. */
export async function startGuarded(
  engine: Engine,
  { env = {}, ...options }: TestAppOptions = {},
): Promise<TestApp & { admin: Client; keyFor(...scopes: string[]): Promise<string> }> {
  const test = await startApp(engine, { ...options, env: { AUTH: 'keys', RATE_LIMIT: 'off', ...env } });
  const keyFor = async (...scopes: string[]) => {
    const name = scopes.join(' ').slice(0, 100);
    return (await test.app.get(ApiKeyService).create({ name, scopes }, OPERATOR)).key!;
  };
  return { ...test, keyFor, admin: new Client(test.origin, await keyFor('*:*')) };
}

/** As `startGuarded`, for keys and the tokens of an issuer. */
export async function startIssued(engine: Engine, options: TestAppOptions = {}) {
  const issuer = await Issuer.start();
  const env = { AUTH: 'keys,jwt', ...issuer.env, ...options.env };
  const test = await startGuarded(engine, { ...options, env });
  const close = async () => {
    await test.close();
    issuer.stop();
  };
  return { ...test, issuer, keys: test.app.get(ApiKeyService), close };
}

/** The key in the answer of a request that has to succeed. */
export function keyIn(answer: { status: number; body: unknown }, status = 201): ApiKeyView {
  expect(answer).toMatchObject({ status });
  return (answer.body as { data: ApiKeyView }).data;
}

/** Gives a module the row rule that a team would have written into its repository. */
export function setRowRule({ app }: TestApp, module: string, rule: (caller: Caller) => RowRule): void {
  const service = app.get(ModuleRegistry).get(module) as unknown as { repository: { rowRule: typeof rule } };
  service.repository.rowRule = rule;
}
