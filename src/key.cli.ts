import { NestFactory } from '@nestjs/core';
import { randomBytes } from 'node:crypto';
import { AppModule } from './app.module.js';
import { readCommandConfig } from './config/environment.js';
import { DatabaseState } from './database/database-state.js';
import { Caller } from './access/caller.js';
import { BodyRules } from './fields/body-rules.js';
import { builtModules } from './process/built-modules.js';
import { readArguments, runCommand, UsageError } from './process/command.js';
import { untilReady } from './process/until-ready.js';
import { Draining } from './runtime/draining.js';
import { CreateApiKeyDto, RotateApiKeyDto, type ApiKeyView } from './access/keys/api-key.dto.js';
import { ApiKeyService } from './access/keys/api-key.service.js';
import { printable } from './access/keys/key-name.js';

const USAGE = `npm run key -- create --name NAME --scope SCOPE [--scope SCOPE …] [--expires DATE] [--claim NAME=VALUE …]
npm run key -- list
npm run key -- rotate ID [--overlap HOURS]     the old key works on for 24 hours unless it says otherwise
npm run key -- revoke ID

A scope is module:verb, either of which may be *: resource:read, *:write, api-key:admin, changes:audit, *:*.
A claim is what row rules go by: tenant=north. A number, true and false are such; "3" in quotes is text.`;
/** The options of each command. */
const OPTIONS = new Map([
  ['create', ['name', 'scope', 'expires', 'claim']],
  ['list', []],
  ['rotate', ['overlap']],
  ['revoke', []],
]);
/** An operator who can run this has the database's password, and so every permission anyway. */
const OPERATOR = new Caller('command-line', ['*:*']);

interface Arguments {
  readonly command: string;
  readonly id: string | undefined;
  /** The key to `create`. */
  readonly key: CreateApiKeyDto;
  /** The options of `rotate`. */
  readonly rotation: RotateApiKeyDto;
}

await runCommand(async () => {
  const given = readCommandLine();
  const root = AppModule.with(readCommandConfig(), new Draining(), await builtModules());
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  try {
    await untilReady(app.get(DatabaseState));
    await run(app.get(ApiKeyService), given);
  } finally {
    await app.close();
  }
});

function readCommandLine(): Arguments {
  const text = { type: 'string' } as const;
  const options = {
    name: text,
    expires: text,
    overlap: text,
    scope: { ...text, multiple: true },
    claim: { ...text, multiple: true },
  } as const;
  const { values, positionals } = readArguments(USAGE, options, 2);
  const [command, id] = positionals;
  const { name, expires, overlap, scope: scopes = [], claim } = values;
  const refuse = (what: string): never => {
    throw new UsageError(what, USAGE);
  };
  if (command === undefined) return refuse('A command is missing');
  const allowed = OPTIONS.get(command) ?? refuse(`Unknown command '${command}'`);
  for (const option of Object.keys(values)) if (!allowed.includes(option)) refuse(`${command} takes no --${option}`);
  const takesId = command === 'rotate' || command === 'revoke';
  if (takesId && id === undefined) refuse(`${command} takes the ID of a key`);
  if (!takesId && id !== undefined) refuse(`Unexpected argument '${id}'`);
  const claims = claim && Object.fromEntries(claim.map((one) => claimOf(one) ?? refuse('--claim takes NAME=VALUE')));
  const key = {
    name,
    scopes,
    ...(claims && { claims }),
    ...(expires !== undefined && { expires_at: instantOf(expires) }),
  } as CreateApiKeyDto;
  if (command === 'create') check(CreateApiKeyDto, key);
  if (overlap !== undefined && !/^\d{1,3}(\.\d+)?$/.test(overlap)) refuse('--overlap takes hours');
  const rotation = overlap === undefined ? {} : { overlap_seconds: Math.round(Number(overlap) * 3600) };
  check(RotateApiKeyDto, rotation);
  return { command, id, key, rotation };
}

/** The rules are those of the API. @throws UsageError with every fault */
function check(dto: typeof CreateApiKeyDto | typeof RotateApiKeyDto, body: object): void {
  const faults = new BodyRules(dto).violations(body);
  if (faults.length > 0) throw new UsageError(faults.map(({ detail }) => detail).join('\n'), USAGE);
}

/** A date is its beginning in UTC. */
function instantOf(text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
}

function claimOf(text: string): [name: string, value: unknown] | undefined {
  const [, name, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) return undefined;
  return [name, /^(true|false|-?\d+(\.\d+)?|"[^"\\\\]*")$/.test(value) ? (JSON.parse(value) as unknown) : value];
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
    const { data, page } = await keys.list({ limit: '200', ...(cursor !== undefined && { cursor }) }, OPERATOR);
    for (const { id, name, scopes, claims, expires_at, revoked_at, last_used_at } of data as ApiKeyView[]) {
      const state = revoked_at !== null ? 'revoked' : expires_at !== null ? `until ${expires_at}` : 'valid';
      const columns = [id, state, `used ${last_used_at ?? 'never'}`, name, scopes.join(' ')];
      if (Object.keys(claims).length > 0) columns.push(JSON.stringify(claims));
      console.log(columns.map(printable).join('\t'));
    }
    cursor = page.next_cursor;
    if (cursor === undefined) return;
  }
}
