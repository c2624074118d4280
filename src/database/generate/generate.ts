import type { Type } from '@nestjs/common';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { loadConfig } from '../../config/config.js';
import { openDataSource } from '../data-source.js';
import { migrationNames } from '../migrator.js';
import { PortableColumns } from '../migrations/portable.columns.js';
import { declaredShape, foundShapes } from '../schema/table-shape.js';
import { Refusal } from './declaration.js';
import { Decisions, type DecisionOptions } from './decisions.js';
import { Plan, planOfNew } from './plan.js';
import { PlanOfChange } from './plan-of-change.js';

type Schema = Pick<DataSourceOptions, 'entities' | 'migrations'>;

export interface Generated {
  readonly plans: readonly Plan[];
  /** Later than all migrations that are there. */
  readonly time: number;
}

/**
 * Plans the migration of what is declared and not migrated. All migrations are run on an empty SQLite in memory, and its
 * tables compared with the declarations: the answer is the same for every engine, needs no database, and does not depend on
 * what has been done to one by hand. It sees as much as on a server, but for TIMESTAMP and DATETIME, which are one there.
 * @throws RefusedError with everything that is refused
 */
export async function generate(
  schema: Schema,
  resources: readonly Type<object>[],
  options: DecisionOptions,
): Promise<Generated> {
  const dataSource = await openDataSource({ ...loadConfig({}).database, url: 'sqlite::memory:' }, schema);
  try {
    const runner = dataSource.createQueryRunner();
    for (const migration of dataSource.migrations) await migration.up(runner);
    const times = migrationNames(dataSource).map((name) => Number(name.slice(-13)));
    const plans = await plansOf(dataSource, resources, new Decisions(options));
    return {
      plans: plans.filter(({ up }) => up.length > 0),
      time: Math.max(Date.now(), ...times.map((time) => time + 1)),
    };
  } finally {
    await dataSource.destroy();
  }
}

/** Changes that need a decision, or can't be done; nothing was written. */
export class RefusedError extends Error {
  /** EX_DATAERR of sysexits.h. */
  readonly exitCode = 65;
}

async function plansOf(
  dataSource: DataSource,
  resources: readonly Type<object>[],
  decisions: Decisions,
): Promise<Plan[]> {
  const declared = resources.map((resource) => declaredShape(dataSource.getMetadata(resource)));
  const names = declared.map(({ name }) => name);
  const found = await foundShapes(dataSource.createQueryRunner(), names);
  const system = new Set(new PortableColumns({ dataSource }).crud([]).map(({ name }) => name));
  const refusals: string[] = [];
  const plans = declared.flatMap((table) => {
    const there = found.get(table.name);
    try {
      return [there ? new PlanOfChange(table, there, decisions) : planOfNew(table, system)];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error.message);
      return [];
    }
  });
  if (refusals.length === 0)
    refusals.push(...decisions.unused().map((one) => `--${one} is about nothing that has changed`));
  if (refusals.length > 0) throw new RefusedError(refusals.map((line) => `${line}.`).join('\n'));
  return plans;
}
