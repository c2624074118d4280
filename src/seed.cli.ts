import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { systemContext } from './access/system-context.js';
import { withApplication } from './command-application.js';
import { Replacement } from './crud/endpoints/bodies.js';
import { ModuleRegistry } from './crud/module.registry.js';
import { parseJson } from './http/json.parser.js';
import { DomainError } from './problems/domain-error.js';
import { readArguments, runCommand, UsageError } from './process/command.js';

const USAGE = `npm run seed                                             docs/specification.md, as the specification 'plinth'
plinth seed MODULE FILE --id ID [--members JSON]

Stores a file as a row, as PUT does: of JSON, or of a format that the module reads. Done again, it changes nothing.
--members has those that the file has no place for.`;

/** The file can't be stored as it is. */
class RefusedError extends Error {
  /** EX_DATAERR of sysexits.h. */
  readonly exitCode = 65;

  constructor(file: string, { detail, errors }: DomainError) {
    const faults = errors.map(
      (one) => `${one.line === undefined ? (one.pointer ?? '') : `line ${one.line}`}: ${one.detail}`,
    );
    super([`${file} is not stored. ${detail}`, ...faults].join('\n'));
  }
}

await runCommand(async () => {
  const text = { type: 'string' } as const;
  const { values, positionals } = readArguments(USAGE, { id: text, members: text }, 2);
  const [module, file] = positionals;
  const { id, members = '{}' } = values;
  if (module === undefined || file === undefined || id === undefined)
    throw new UsageError('MODULE, FILE and --id are needed', USAGE);
  await withApplication(async (app) => {
    try {
      await store(app.get(ModuleRegistry), { module, file, id, members });
    } catch (error) {
      throw error instanceof DomainError ? new RefusedError(file, error) : error;
    }
    console.log(`${module} ${id} is as ${file} says.`);
  });
});

type Given = Readonly<Record<'module' | 'file' | 'id' | 'members', string>>;

async function store(registry: ModuleRegistry, { module, file, id, members }: Given): Promise<void> {
  const service = registry.find(module);
  if (!service) throw new UsageError(`There is no module '${module}'`, USAGE);
  const extension = extname(file).slice(1);
  const read = registry.readerOf(module, extension);
  if (!read && extension !== 'json')
    throw new UsageError(`${module} reads no files that end with .${extension}`, USAGE);
  const body = await readFile(file);
  const row = (read ? read(body.toString('utf8')) : parseJson(body)) as object;
  const others = parseJson(Buffer.from(members)) as object;
  await service.replace(id, new Replacement({ ...row, ...others }, read !== undefined), systemContext('seed'));
}
