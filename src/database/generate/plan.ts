import { SYSTEM_TIMES } from '../migrations/portable.columns.js';
import { SchemaNames } from '../schema-names.js';
import type { ColumnShape } from '../schema/column-shape.js';
import type { KeyShape, TableShape } from '../schema/table-shape.js';
import { code, declarationOf, Refusal } from './declaration.js';

/** The steps of a migration, as calls of `Portable`; none where nothing differs. */
export class Plan {
  readonly up: string[] = [];
  readonly down: string[] = [];
  /** Notes for the operator who runs it. */
  readonly notes: string[] = [];

  constructor(readonly table: string) {}

  /** `down` takes the steps back from the last one. */
  step(up: string, down: string): void {
    this.up.push(up);
    this.down.unshift(down);
  }

  /** A call about this table. */
  call(method: string, ...rest: readonly unknown[]): string {
    return `${method}(${[this.table, ...rest].map(code).join(', ')})`;
  }

  /** A column as `Portable` is told of it. */
  options(name: string, shape: ColumnShape): ReturnType<typeof declarationOf> {
    return declarationOf(`${this.table}.${name}`, shape);
  }
}

/** @param system columns of every resource, which are the kernel's */
export function planOfNew({ name: table, columns, keys }: TableShape, system: ReadonlySet<string>): Plan {
  const plan = new Plan(table);
  const own = [...columns].filter(([name]) => !system.has(name));
  const fields = Object.fromEntries(own.map(([name, shape]) => [name, plan.options(name, shape)]));
  const list = (isUnique: boolean) =>
    [...keys].filter(([, key]) => key.isUnique === isUnique).map(([name, key]) => keyCode(table, name, key));
  const indexes = list(false).filter((key) => !SYSTEM_TIMES.some((name) => name === key));
  const uniques = list(true);
  const named = { ...(indexes.length > 0 && { indexes }), ...(uniques.length > 0 && { uniques }) };
  const rest = Object.keys(named).length > 0 ? [named] : [];
  plan.step(plan.call('createResource', fields, ...rest), plan.call('dropResource'));
  return plan;
}

/** An index or constraint as `Portable` is told of it. @throws Refusal for one that has a name of its own */
export function keyCode(table: string, name: string, key: KeyShape): string | readonly string[] {
  if (!isOurs(table, name, key))
    throw new Refusal(
      `${table} has a key of its own name, ${name}: leave names to Plinth, or write its migration by hand`,
    );
  const [first, ...rest] = key.columns;
  const isPlain = key.isUnique ? rest.length === 0 : String(rest) === 'id';
  return isPlain ? first! : key.columns;
}

const names = new SchemaNames();

/** Whether its name is the one that the naming strategy gives. */
export function isOurs(table: string, name: string, { columns, isUnique }: KeyShape): boolean {
  return name === keyName(table, columns, isUnique);
}

export function keyName(table: string, columns: readonly string[], isUnique: boolean): string {
  return isUnique ? names.uniqueConstraintName(table, [...columns]) : names.indexName(table, [...columns]);
}
