import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CrudModel } from '../crud/crud.model.js';
import type { ModuleRegistry } from '../crud/module.registry.js';
import type { Field } from '../fields/field.js';
import { FIELD_TYPES } from '../fields/types/types.js';
import { nameOf, type EntityClass } from '../rows/crud.entity.js';
import type { Client } from './client.js';

export type Members = Record<string, unknown>;

/** Good values for the rows of any module: from its declaration, and from its `{module}.sample.ts` where a rule needs it. */
export interface Rows {
  /** A good create body, different each time; `members` replace those it has. */
  body(members?: object): Members;
  /** A good patch of `field`, different each time, which changes a row that is as `before`. */
  change(before?: Members): Members;
  /** The field that tests change. */
  readonly field: string;
  /** Whether it has so many values that no two changes are the same. */
  readonly isVaried: boolean;
  /** A representation without the members that follow from others, and change with them. */
  withoutFollowing(data: Members): Members;
  /** The first field of a type that takes all values that its declaration lets pass: no rule limits it further. */
  free(type: 'string' | 'timestamp', isMeant?: (field: Field) => boolean): Field | undefined;
}

/** The exports of a module's `{module}.sample.ts`. */
export interface Samples {
  /** The `n`th good value of a field whose values a rule limits. */
  readonly sample?: Readonly<Record<string, ((n: number) => unknown) | undefined>>;
  /** Fields that the service works out from others, whenever those change. */
  readonly follows?: readonly string[];
  /** Fields that a rule keeps as they are once the row is made. */
  readonly fixed?: readonly string[];
}
/** More rows than a suite makes. */
const MANY = 1_200;
const BATCH = 100;
/** Counts all rows that a test file makes: no two have the same sample. */
let count = 0;

/** @param known in place of those in the module's own folder */
export async function rowsOf(
  model: CrudModel,
  client: Client,
  registry: ModuleRegistry,
  known?: Samples,
): Promise<Rows> {
  const { sample: samples = {}, follows = [], fixed = [] } = known ?? (await samplesOf(model.name));
  const sample = (field: Field, n: number) => (samples[field.name] ?? ((m: number) => value(field, m)))(n);
  const isFixed = ({ name, writable, unique }: Field) => !unique && (writable === 'create' || fixed.includes(name));
  const own = ownFields(model).filter(({ readable }) => readable !== false);
  const given = own.filter(({ type }) => type !== 'reference');
  const references = await referred(model, client, registry);
  const body = (members: object = {}) => {
    const n = ++count;
    // One that is never changed is the same in each row, so that a row can be replaced by any body.
    const sampled = given.map((field) => [field.name, sample(field, isFixed(field) ? 1 : n)] as const);
    const named = Object.entries(references).map(([name, ids]) => [name, ids[n % ids.length]] as const);
    return { ...Object.fromEntries([...sampled, ...named]), ...members };
  };
  const plain = given.filter((one) => one.readable === true && one.writable === true && !fixed.includes(one.name));
  const isVaried = (field: Field) => distinct((n) => sample(field, n), 300) === 300;
  const free = (type: Field['type'], isMeant: (field: Field) => boolean = () => true) =>
    plain.find((field) => field.type === type && !samples[field.name] && isRoomy(field) && isMeant(field));
  // Text where there is some, and nothing that takes any value where there is something else.
  const field =
    free('string') ?? plain.find(isVaried) ?? plain.find(({ type }) => type !== 'json') ?? plain[0] ?? fail(model.name);
  const change = (before: Members = {}) => {
    for (let tries = 0; tries < MANY; tries++) {
      const next = sample(field, ++count);
      if (JSON.stringify(next) !== JSON.stringify(before[field.name])) return { [field.name]: next };
    }
    return fail(model.name);
  };
  const withoutFollowing = (data: Members) =>
    Object.fromEntries(
      Object.entries(data).filter(([name]) => !model.fields.find(name)?.options.derived && !follows.includes(name)),
    );
  return { body, change, field: field.name, isVaried: isVaried(field), free, withoutFollowing };
}

/** Whether it takes any text of a few words. */
function isRoomy({ options: { pattern, format, minLength = 0, maxLength = 255 } }: Field): boolean {
  return !pattern && !format && minLength <= 1 && maxLength >= 20;
}

export function ownFields(model: CrudModel): Field[] {
  return model.fields.all.filter(({ name, writable }) => writable !== false && name !== 'id');
}

/** The `n`th good value of a field, by its declaration alone. */
export function value(field: Field, n: number): unknown {
  return FIELD_TYPES[field.type].sample(field.options, n, field.name);
}

/** The number of different values among the first `most`. */
export function distinct(sample: (n: number) => unknown, most: number): number {
  return new Set(Array.from({ length: most }, (_, n) => JSON.stringify(sample(n)))).size;
}

async function samplesOf(module: string): Promise<Samples> {
  const file = resolve(`src/modules/${module}/${module}.sample.ts`);
  if (!existsSync(file)) return {};
  return (await import(file)) as Samples;
}

/** Ids of rows for each reference that must be given; many for one that no two rows may have. */
async function referred(
  model: CrudModel,
  client: Client,
  registry: ModuleRegistry,
): Promise<Record<string, readonly string[]>> {
  const references: Record<string, readonly string[]> = {};
  for (const { name, required, unique, options } of ownFields(model).filter(({ type }) => type === 'reference')) {
    if (!required) continue;
    const target = registry.get(nameOf(options.to!() as EntityClass)).model;
    references[name] = await makeRows(target, unique ? MANY : 1, client, registry);
  }
  return references;
}

async function makeRows(
  model: CrudModel,
  count: number,
  client: Client,
  registry: ModuleRegistry,
): Promise<readonly string[]> {
  const { body } = await rowsOf(model, client, registry);
  const ids: string[] = [];
  while (ids.length < count) {
    const operations = Array.from({ length: Math.min(BATCH, count - ids.length) }, () => ({
      op: 'create',
      body: body(),
    }));
    const answer = await client.post(`/api/${model.name}:batch`, { operations });
    expect({ status: answer.status, body: answer.body as unknown }).toMatchObject({ status: 200 });
    ids.push(...(answer.body as { data: { data: { id: string } }[] }).data.map(({ data }) => data.id));
  }
  return ids;
}

function fail(module: string): never {
  throw new Error(`The suites need a field of ${module} that can be read and changed, with two values.`);
}
