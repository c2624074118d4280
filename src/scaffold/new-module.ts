import { join } from 'node:path';
import { CrudController } from '../crud/crud.controller.js';
import { CrudService } from '../crud/crud.service.js';
import { CrudEntity } from '../rows/crud.entity.js';
import { entityFile } from './entity.template.js';
import { migrationClass, migrationFile } from './migration.template.js';
import { checkModuleName, namesOf, type ModuleNames } from './module-names.js';
import { moduleFiles } from './module.templates.js';
import { readField, type NewField } from './new-field.js';
import { Refusal } from './refusal.js';
import { FOLDER, TeamModules } from './team-modules.js';

/** The command's arguments as they were written. */
export interface Asked {
  readonly module: string;
  readonly fields: readonly string[];
  readonly verbs: readonly string[];
  /** Each row is a person. */
  readonly isPerson?: boolean;
}

/** A module that is to be, checked. */
export interface NewModule {
  readonly names: ModuleNames;
  readonly fields: readonly NewField[];
  readonly verbs: readonly NewVerb[];
  /** The class of each module that a field refers to, by the module's name. */
  readonly targets: ReadonlyMap<string, string>;
  readonly isPerson: boolean;
}

export interface NewVerb {
  /** The verb in the route: `sign-off`. */
  readonly verb: string;
  /** `signOff` */
  readonly method: string;
}

/** Files by their paths, from the root of the repository. */
export type Files = ReadonlyMap<string, string>;

/** The files of a new module, and the list of modules with it; not yet formatted. @throws Refusal; nothing was written */
export function filesOf({ module, fields, verbs, isPerson = false }: Asked, root: string): Files {
  const team = new TeamModules(root);
  checkModuleName(module, team.names);
  const names = namesOf(module);
  const read = fields.map((spec) => readField(spec, module));
  const twice = read.find(({ name }, at) => read.findIndex((other) => other.name === name) < at);
  if (twice) throw new Refusal(`There are two fields of the name ${twice.name}`);
  if (read.length === 0) throw new Refusal(`${module} has no fields: give it one, such as title:string(255)!`);
  if (!read.some(({ options }) => options.writable)) throw new Refusal(`${module} has no field that anybody may write`);
  checkSubjects(module, read, isPerson);
  const given = verbs.find((verb, at) => verbs.indexOf(verb) < at);
  if (given !== undefined) throw new Refusal(`There are two verbs ${given}`);
  const itself = read.find(
    ({ target, options }) => target === module && options.type === 'reference' && !options.nullable,
  );
  if (itself)
    throw new Refusal(`${itself.name} refers to ${module} itself and must be given: the first row could name none`);
  const targets = new Map(
    read.flatMap(({ target }) =>
      target === undefined ? [] : [[target, target === module ? names.type : team.resource(target)]],
    ),
  );
  const subject = { names, fields: read, verbs: verbs.map((verb) => readVerb(verb)), targets, isPerson };
  const migration = migrationClass(subject, team.nextTime());
  const own = {
    [`${module}.entity.ts`]: entityFile(subject),
    ...moduleFiles(subject, migration),
    [`create-${module}.migration.ts`]: migrationFile(subject, migration),
  };
  const files = Object.entries(own).map(([name, text]) => [join(FOLDER, module, name), text] as const);
  return new Map([...files, team.indexWith(names.type, module)]);
}

/** @throws Refusal for personal fields that are about nobody, and for two subjects */
function checkSubjects(module: string, fields: readonly NewField[], isPerson: boolean): void {
  const subjects = fields.filter(({ isSubject }) => isSubject);
  if (subjects.length + (isPerson ? 1 : 0) > 1)
    throw new Refusal(`${module} has two subjects: say :subject once, or --person`);
  const personal = fields.filter(({ options }) => options.personal).map(({ name }) => name);
  if (personal.length > 0 && subjects.length === 0 && !isPerson)
    throw new Refusal(
      `Nothing says whom ${personal.join(' and ')} of ${module} ${personal.length > 1 ? 'are' : 'is'} about: add :subject to the field that names the person, or --person where each row is one`,
    );
}

/** Actions of a row that every module has. */
const KERNEL_VERBS = ['restore', 'history', 'purge'];

/** @throws Refusal */
function readVerb(verb: string): NewVerb {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(verb))
    throw new Refusal(`'${verb}' is no verb for a route: take lower-case letters and hyphens, such as sign-off`);
  const method = verb.replaceAll(/-(.)/g, (_match, letter: string) => letter.toUpperCase());
  const handlers = CrudController(CrudEntity as never).prototype as object;
  if (KERNEL_VERBS.includes(verb) || method in CrudService.prototype || method in handlers)
    throw new Refusal(`'${verb}' is what every module has already: take another verb`);
  return { verb, method };
}
