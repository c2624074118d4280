import type { DataSource } from 'typeorm';
import { holds, isSame, told, type ColumnShape } from './column-shape.js';
import { declaredShape, foundShapes, type TableShape } from './table-shape.js';

/** A place where the database is not what the entities declare. */
export interface Difference {
  /** `loan`, `loan.price` */
  readonly at: string;
  readonly sentence: string;
  /** Whether the service can't work with it. The versions before and after can work on a schema that is not quite theirs. */
  readonly isFatal: boolean;
}

/**
 * Compares what the entities declare with the database. What only the database has is fine (the version after this one
 * may need it), unless rows can't be made without it.
 */
export async function schemaDifferences(dataSource: DataSource): Promise<Difference[]> {
  const declared = dataSource.entityMetadatas.map(declaredShape);
  const runner = dataSource.createQueryRunner();
  const names = declared.map(({ name }) => name);
  const found = await foundShapes(runner, names).finally(() => runner.release());
  return declared.flatMap((table) => {
    const there = found.get(table.name);
    if (!there) return [{ at: table.name, sentence: `${table.name} has no table`, isFatal: true }];
    return [...columnDifferences(table, there), ...extraColumns(table, there), ...keyDifferences(table, there)];
  });
}

/** Differences between migrations and entities, a sentence each; none when they say the same. */
export async function schemaDrift(dataSource: DataSource): Promise<string[]> {
  return (await schemaDifferences(dataSource)).map(({ sentence }) => sentence);
}

function columnDifferences({ name, columns }: TableShape, there: TableShape): Difference[] {
  return [...columns].flatMap(([column, declared]): Difference[] => {
    const at = `${name}.${column}`;
    const found = there.columns.get(column);
    if (!found) return [{ at, sentence: `${at} has no column`, isFatal: true }];
    // Text that is declared without a collation is never compared.
    const now: ColumnShape = declared.collation === undefined ? { ...found, collation: undefined } : found;
    if (isSame(declared, now)) return [];
    const sentence = `${at} is ${told(now, declared)}, and is declared ${told(declared, now)}`;
    return [{ at, sentence, isFatal: !holds(now, declared) }];
  });
}

function extraColumns({ name, columns }: TableShape, there: TableShape): Difference[] {
  return [...there.columns].flatMap(([column, { isNullable, default: value }]) => {
    if (columns.has(column) || isNullable || value !== undefined || there.generated.has(column)) return [];
    const at = `${name}.${column}`;
    return [{ at, sentence: `${at} must have a value in the database, and is not declared`, isFatal: true }];
  });
}

function keyDifferences({ name, keys }: TableShape, there: TableShape): Difference[] {
  return [...keys].flatMap(([key, { columns, isUnique }]): Difference[] => {
    const found = there.keys.get(key);
    const at = `${name}.${columns[0]}`;
    const kind = isUnique ? 'unique constraint' : 'index';
    if (!found) return [{ at, sentence: `${at} has no ${kind} ${key}`, isFatal: false }];
    if (found.isUnique === isUnique && String(found.columns) === String(columns)) return [];
    const is = `${found.isUnique ? 'a unique constraint' : 'an index'} of ${found.columns.join(', ')}`;
    return [{ at, sentence: `${key} is ${is}, and is declared ${kind} of ${columns.join(', ')}`, isFatal: false }];
  });
}
