import { KERNEL_NAMES } from '../crud/module.registry.js';
import { SHARED_SCHEMAS, schemaName } from '../openapi/schemas.js';
import { Refusal } from './refusal.js';
import { reservedForModules } from './reserved-words.js';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** A scope has no room for more. */
const LONGEST = 40;
/** Names that the generated files use themselves, or that stand for types of members. */
const USED = new Set(
  `ActionEndpoint Context Controller CrudController CrudEntity CrudRepository CrudService Database DomainError Entity Field
  Injectable MergePatch MigrationInterface Param PlinthModule Portable QueryRunner Representation RequestContext Table
  Array Boolean Date Function Number Object Promise String Symbol`.split(/\s+/),
);

/** One word everywhere, in the spelling that each place has. */
export interface ModuleNames {
  /** Folder, file, table, route and scope: `library-card`. */
  readonly module: string;
  /** `LibraryCard` */
  readonly type: string;
  /** `libraryCard` */
  readonly one: string;
  /** `libraryCards` */
  readonly many: string;
}

export function namesOf(module: string): ModuleNames {
  const type = schemaName(module);
  const one = `${type[0]!.toLowerCase()}${type.slice(1)}`;
  return { module, type, one, many: plural(one) };
}

/** @throws Refusal for a name that a module can't have, beside those of `others` */
export function checkModuleName(name: string, others: readonly string[]): void {
  const refuse = (what: string): never => {
    throw new Refusal(`'${name}' ${what}`);
  };
  if (!NAME.test(name) || name.length > LONGEST)
    refuse(
      `is no name for a module: take a noun in lower case, such as library-card, of at most ${LONGEST} characters`,
    );
  const language = reservedForModules(name);
  if (language !== undefined) refuse(`is a word of ${language}: take another name, such as library-${name}`);
  if (KERNEL_NAMES.has(name)) refuse('is a name that the service itself has routes of: take another one');
  if (others.includes(name)) refuse(`is there already, in src/modules/${name}`);
  const taken = new Set([...Object.keys(SHARED_SCHEMAS), ...others.flatMap(schemasOf)]);
  const schema = schemasOf(name).find((one) => taken.has(one) || one.endsWith('Problem'));
  if (schema !== undefined) refuse(`would give the reference two schemas of the name ${schema}: take another name`);
  const { type } = namesOf(name);
  const used = ['', 'Service', 'Repository', 'Controller', 'Module']
    .map((end) => type + end)
    .find((one) => USED.has(one));
  if (used !== undefined) refuse(`would give two classes the name ${used}: take another name`);
}

function schemasOf(module: string): string[] {
  const { type } = namesOf(module);
  return [type, `Create${type}`, `Update${type}`];
}

function plural(one: string): string {
  if (/[^aeiou]y$/.test(one)) return `${one.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(one) ? `${one}es` : `${one}s`;
}
