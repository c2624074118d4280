import { NestFactory } from '@nestjs/core';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AppModule } from '../../app.module.js';
import { ConfigError } from '../../config/config.js';
import { readConfig } from '../../config/environment.js';
import { DatabaseState } from '../../database/database-state.js';
import { Caller } from '../../http/caller.js';
import { DomainError } from '../../http/domain-error.js';
import { BodyRules } from '../../fields/body-rules.js';
import { Draining } from '../../process/draining.js';
import { CreateApiKeyDto, RotateApiKeyDto, type ApiKeyView } from './api-key.dto.js';
import { ApiKeyService } from './api-key.service.js';
import { printable } from './key-name.js';

const USAGE = `npm run key -- create --name NAME --scope SCOPE [--scope SCOPE …] [--expires DATE]
npm run key -- list
npm run key -- rotate ID [--overlap HOURS]     the old key works on for 24 hours unless it says otherwise
npm run key -- revoke ID

A scope is module:verb, either of which may be *: resource:read, *:write, api-key:admin, changes:audit, *:*.`;
const WAIT_MS = 15_000;
/** Whoever can run this has the database's password: there is nothing that they could not do anyway. */
const OPERATOR = new Caller('command-line', ['*:*']);

class UsageError extends Error {}

interface Arguments {
  readonly command: string;
  readonly id: string | undefined;
  /** For `create`. */
  readonly key: CreateApiKeyDto;
  /** For `rotate`. */
  readonly rotation: RotateApiKeyDto;
}

async function main(): Promise<void> {
  const given = readArguments();
  const app = await NestFactory.createApplicationContext(AppModule.with(readConfig(), new Draining()), {
    logger: false,
    abortOnError: false,
  });
  try {
    await until(app.get(DatabaseState));
    await run(app.get(ApiKeyService), given);
  } finally {
    await app.close();
  }
}

function readArguments(): Arguments {
  const text = { type: 'string' } as const;
  const { values, positionals } = parse({
    name: text,
    expires: text,
    overlap: text,
    scope: { ...text, multiple: true },
  });
  const [command = '', id, ...rest] = positionals;
  const { name, expires, overlap, scope: scopes = [] } = values;
  if (!['create', 'list', 'rotate', 'revoke'].includes(command) || rest.length > 0) throw new UsageError(USAGE);
  if ((command === 'rotate' || command === 'revoke') !== (id !== undefined)) throw new UsageError(USAGE);
  const key = { name, scopes, ...(expires !== undefined && { expires_at: instantOf(expires) }) } as CreateApiKeyDto;
  if (command === 'create') check(CreateApiKeyDto, key);
  if (overlap !== undefined && !/^\d{1,3}(\.\d+)?$/.test(overlap)) throw new UsageError('--overlap takes hours');
  const rotation = overlap === undefined ? {} : { overlap_seconds: Math.round(Number(overlap) * 3600) };
  check(RotateApiKeyDto, rotation);
  return { command, id, key, rotation };
}

/** The rules are those of the API. @throws UsageError with every fault */
function check(dto: typeof CreateApiKeyDto | typeof RotateApiKeyDto, body: object): void {
  const faults = new BodyRules(dto).violations(body);
  if (faults.length > 0) throw new UsageError(faults.map(({ detail }) => detail).join('\n'));
}

/** A date is its beginning in UTC. */
function instantOf(text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
}

type Options = NonNullable<Parameters<typeof parseArgs>[0]>['options'];

function parse<T extends Options>(options: T): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>> {
  try {
    return parseArgs<{ options: T; allowPositionals: true }>({ options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

async function until(state: DatabaseState): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !state.isReady; await sleep(20)) {
    if (Date.now() > end) throw new UsageError(`The database is not ready (${state.status}): npm run migrate:status`);
  }
}

async function run(keys: ApiKeyService, given: Arguments): Promise<void> {
  const by = { caller: OPERATOR, traceId: randomBytes(16).toString('hex') };
  const { command, id, key, rotation } = given;
  switch (command) {
    case 'create':
      return show(await keys.create(key, by));
    case 'rotate':
      return show(await keys.rotate(id!, rotation, by));
    case 'revoke':
      await keys.revoke(id!, by);
      return console.error('Revoked: refused within ten seconds by every process.');
    default:
      return list(keys);
  }
}

/** The key alone on standard output, so that it can go where it belongs without being seen. */
function show({ key, id, name, scopes, previous_until: previous }: ApiKeyView): void {
  console.error(`${printable(name)} (${id}) may: ${scopes.join(' ')}`);
  if (previous !== null) console.error(`The key before this one works until ${previous}.`);
  console.error('This is the only time that the key is shown:');
  console.log(key);
}

async function list(keys: ApiKeyService): Promise<void> {
  for (let cursor: string | undefined; ;) {
    const { data, page } = await keys.list({ limit: '200', ...(cursor !== undefined && { cursor }) });
    for (const { id, name, scopes, expires_at, revoked_at, last_used_at } of data as ApiKeyView[]) {
      const state = revoked_at !== null ? 'revoked' : expires_at !== null ? `until ${expires_at}` : 'valid';
      const columns = [id, state, `used ${last_used_at ?? 'never'}`, name, scopes.join(' ')];
      console.log(columns.map(printable).join('\t'));
    }
    cursor = page.next_cursor;
    if (cursor === undefined) return;
  }
}

main().catch((error: unknown) => {
  const isKnown = error instanceof UsageError || error instanceof ConfigError;
  if (error instanceof DomainError) console.error(error.detail);
  else console.error(isKnown || !(error instanceof Error) ? (error as Error).message : error);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
});
