import type { Field } from '../../src/fields/field.js';
import { FIELD_TYPES } from '../../src/fields/types/types.js';
import type { CrudModel } from '../../src/crud/crud.model.js';
import { ModuleRegistry } from '../../src/crud/module.registry.js';
import { declarationOf } from '../../src/crud/plinth-module.js';
import { nameOf, type EntityClass } from '../../src/rows/crud.entity.js';
import { modules } from '../../src/modules/index.js';
import type { Engine } from '../../src/database/session.js';
import { startApp, type TestApp } from './app.js';
import { Client } from './client.js';
import { engines } from './database.js';
import { SpecimenModule } from './specimen/specimen.module.js';
import { WidgetModule } from './widget/widget.module.js';

/** What a test of the kernel's contract knows of the module that it runs against. */
export interface Subject {
  readonly engine: Engine;
  readonly test: TestApp;
  readonly client: Client;
  readonly model: CrudModel;
  /** `/api/{module}` */
  readonly path: string;
  /** A good create body, different each time; `members` replace those it has. */
  body(members?: object): Record<string, unknown>;
  /** Makes a row and gives back what the service answered. */
  made(members?: object): Promise<{ id: string; etag: string; data: Record<string, unknown> }>;
}

/** Those of the tests: with fields of every habit, and of every type. */
export const OWN = [WidgetModule, SpecimenModule];

/** What the application has to have beside its own modules to have this one. */
export const besides = (module: string) => OWN.filter((one) => nameOf(declarationOf(one).resource) === module);

/** Every module of the service, and the tests' own. A team's module is tested by existing. */
export const MODULES = [...modules, ...OWN].map((module) => nameOf(declarationOf(module).resource));

/** Nothing is sent, read or committed together. */
const PLAIN = { DATABASE_PIPELINE: 'off', DATABASE_COALESCE_READS: 'off', DATABASE_GROUP_WRITES: 'off' };

const USUAL = MODULES.map((module) => ({ module, how: '', env: {} }));

/** As `forEveryModule`, and for the widget once more with every trick off. */
export function forEveryModuleAndPlain(name: string, suite: (subject: Subject) => void): void {
  forEveryModule(name, suite, [...USUAL, { module: 'widget', how: ', statement by statement', env: PLAIN }]);
}

/** Declares a suite for every engine and every module. */
export function forEveryModule(name: string, suite: (subject: Subject) => void, subjects = USUAL): void {
  describe.each(engines().flatMap((engine) => subjects.map((one) => ({ engine, ...one }))))(
    `${name}: $module on $engine$how`,
    ({ engine, module, env }) => {
      const subject = {} as { -readonly [K in keyof Subject]: Subject[K] };
      beforeAll(async () => {
        const test = await startApp(engine, {
          env,
          modules: OWN.filter((one) => nameOf(declarationOf(one).resource) === module),
        });
        const registry = test.app.get(ModuleRegistry);
        const { model } = registry.get(module);
        const client = new Client(test.origin);
        const references = await referred(model, client, registry);
        const path = `/api/${module}`;
        let count = 0;
        const body = (members: object = {}) => ({ ...sample(model, ++count, references), ...members });
        const made = async (members: object = {}) => {
          const { status, body: answer, headers } = await client.post(path, body(members));
          expect({ status, answer }).toMatchObject({ status: 201 });
          const { data } = answer as { data: Record<string, unknown> };
          return { id: data.id as string, etag: headers.etag!, data };
        };
        Object.assign(subject, { engine, test, client, model, path, body, made });
      });
      afterAll(() => subject.test.close());
      suite(subject);
    },
  );
}

/** The fields that a body of the suites has: its references are rows that `referred` made. */
export function sample(model: CrudModel, n: number, references: Members = {}): Members {
  const given = ownFields(model).filter(({ readable, type }) => readable !== false && type !== 'reference');
  return { ...Object.fromEntries(given.map((field) => [field.name, value(field, n)])), ...references };
}

type Members = Record<string, unknown>;

/** A row for each reference that must be given. */
async function referred(model: CrudModel, client: Client, registry: ModuleRegistry): Promise<Members> {
  const references: Members = {};
  for (const { name, required, options } of ownFields(model).filter(({ type }) => type === 'reference')) {
    if (!required) continue;
    const target = registry.get(nameOf(options.to!() as EntityClass)).model;
    const body = sample(target, 0, await referred(target, client, registry));
    const { body: answer } = await client.post(`/api/${target.name}`, body);
    references[name] = (answer as { data: { id: string } }).data.id;
  }
  return references;
}

export function ownFields(model: CrudModel): Field[] {
  return model.fields.all.filter(({ name, writable }) => writable === true && name !== 'id');
}

/** A name of a writable text field: every module has one that tests can change. */
export function textField(model: CrudModel): string {
  return ownFields(model).find(({ type }) => type === 'string')!.name;
}

/** The `n`th good value of a field. */
export function value(field: Field, n: number): unknown {
  return FIELD_TYPES[field.type].sample(field.options, n, field.name);
}

/** A representation without what follows from its other members, and changes with them. */
export function withoutDerived(model: CrudModel, data: Members): Members {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !model.fields.find(name)?.options.derived));
}
