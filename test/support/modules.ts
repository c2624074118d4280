import type { CrudModel } from '../../src/crud/crud.model.js';
import { ModuleRegistry } from '../../src/crud/module.registry.js';
import { declarationOf } from '../../src/crud/plinth-module.js';
import { nameOf } from '../../src/rows/crud.entity.js';
import { modules } from '../../src/modules/index.js';
import type { Engine } from '../../src/database/session.js';
import { startApp, type TestApp } from './app.js';
import { Client } from './client.js';
import { engines } from './database.js';
import { rowsOf, type Members, type Rows } from './rows.js';
import { SpecimenModule } from './specimen/specimen.module.js';
import { WidgetModule } from './widget/widget.module.js';

/** A module as the suites of the contract see it. */
export interface Subject extends Rows {
  readonly engine: Engine;
  readonly test: TestApp;
  readonly client: Client;
  readonly model: CrudModel;
  /** `/api/{module}` */
  readonly path: string;
  /** Makes a row and gives back what the service answered. */
  made(members?: object): Promise<{ id: string; etag: string; data: Members }>;
}

/** The tests' own modules: with fields of every habit, and of every type. */
export const OWN = [WidgetModule, SpecimenModule];

/** The modules that the application needs beside its own to have this one. */
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
      let started: TestApp | undefined;
      beforeAll(async () => {
        const test = await startApp(engine, {
          env,
          modules: OWN.filter((one) => nameOf(declarationOf(one).resource) === module),
        });
        started = test;
        const registry = test.app.get(ModuleRegistry);
        const { model } = registry.get(module);
        const client = new Client(test.origin);
        const rows = await rowsOf(model, client, registry);
        const path = `/api/${module}`;
        const made = async (members: object = {}) => {
          const { status, body: answer, headers } = await client.post(path, rows.body(members));
          expect({ status, answer }).toMatchObject({ status: 201 });
          const { data } = answer as { data: Record<string, unknown> };
          return { id: data.id as string, etag: headers.etag!, data };
        };
        Object.assign(subject, { engine, test, client, model, path, made, ...rows });
      });
      afterAll(() => started?.close());
      suite(subject);
    },
  );
}

/** A representation without what follows from its other members, and changes with them. */
export function withoutDerived(model: CrudModel, data: Members): Members {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !model.fields.find(name)?.options.derived));
}
