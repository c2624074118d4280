import type { CrudModel } from '../crud/crud.model.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import type { PlinthModuleClass } from '../crud/plinth-module.js';
import type { Engine } from '../database/session.js';
import { Client } from './client.js';
import { rowsOf, type Members, type Rows, type Samples } from './rows.js';
import { startService, type TestService } from './service.js';

/** The module that a test of the kernel's contract runs against, as far as the test knows it. */
export interface Subject extends Rows {
  readonly engine: Engine;
  readonly test: TestService;
  readonly client: Client;
  readonly model: CrudModel;
  /** `/api/{module}` */
  readonly path: string;
  /** Whether the controller has the operation: it may go without. */
  offers(operation: 'replace'): boolean;
  /** Makes a row and gives back what the service answered. */
  made(members?: object): Promise<{ id: string; etag: string; data: Members }>;
}

/** Declares tests, inside of the `describe` of one module on one engine. */
export type Suite = (subject: Subject) => void;

export interface SubjectOptions {
  /** The module that is tested. */
  readonly module: string;
  /** All that the service has, among them that one and those that it refers to. */
  readonly modules: readonly PlinthModuleClass[];
  /** The subject of the settings, for the name of the suite. */
  readonly how?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of those in the module's own folder. */
  readonly samples?: Samples;
  /** Puts a proxy before the service, which the suite then asks in its place. */
  readonly behind?: (origin: string) => Promise<Front>;
}

/** A proxy that stands before the service. */
export interface Front {
  readonly origin: string;
  readonly client: Client;
  close(): Promise<void>;
}

/** Declares a suite for every engine and every subject; `TEST_MODULES` leaves only those that it names. */
export function declareSuite(
  name: string,
  suite: Suite,
  engines: readonly Engine[],
  subjects: readonly SubjectOptions[],
): void {
  const only = process.env.TEST_MODULES?.split(',');
  const rows = engines.flatMap((engine) =>
    subjects.filter(({ module }) => only?.includes(module) ?? true).map((one) => ({ engine, how: '', ...one })),
  );
  if (rows.length === 0) return describe.skip(name, () => it('has no module or engine to run on', () => undefined));
  describe.each(rows)(`${name}: $module on $engine$how`, ({ engine, module, samples, behind, ...options }) => {
    const subject = {} as { -readonly [K in keyof Subject]: Subject[K] };
    let started: TestService | undefined;
    let front: Front | undefined;
    beforeAll(async () => {
      // Work of the module in the background would change what the tests count.
      started = await startService(engine, { ...options, env: { BACKGROUND: 'off', ...options.env } });
      front = await behind?.(started.origin);
      const test = { ...started, ...(front && { origin: front.origin }) };
      const registry = test.app.get(ModuleRegistry);
      const { model } = registry.get(module);
      const client = front?.client ?? new Client(test.origin);
      const rows = await rowsOf(model, client, registry, samples);
      const path = `/api/${module}`;
      const made = async (members: object = {}) => {
        const { status, body: answer, headers } = await client.post(path, rows.body(members));
        expect({ status, answer }).toMatchObject({ status: 201 });
        const { data } = answer as { data: Record<string, unknown> };
        return { id: data.id as string, etag: headers.etag!, data };
      };
      const offers = (operation: 'replace') => registry.has(module, operation);
      Object.assign(subject, { engine, test, client, model, path, offers, made, ...rows });
    });
    afterAll(async () => {
      await front?.close();
      await started?.close();
    });
    suite(subject);
  });
}
