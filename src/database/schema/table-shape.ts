import type { EntityMetadata, QueryRunner, Table } from 'typeorm';
import { shapeOf, type ColumnShape } from './column-shape.js';
import { serverTables, withoutQuotes } from './server-tables.js';

/** An index or a unique constraint: to MySQL these are one. */
export interface KeyShape {
  readonly columns: readonly string[];
  readonly isUnique: boolean;
}

export interface TableShape {
  readonly name: string;
  readonly columns: ReadonlyMap<string, ColumnShape>;
  /** Keys by name. */
  readonly keys: ReadonlyMap<string, KeyShape>;
  /** Columns that the database fills in by itself. */
  readonly generated: ReadonlySet<string>;
}

/** The table that an entity declares. */
export function declaredShape({ tableName, columns, indices, uniques, dataSource }: EntityMetadata): TableShape {
  const { driver } = dataSource;
  const shapes = columns.map((column) => {
    const byDefault = driver.normalizeDefault(column);
    const parts = { ...column, type: driver.normalizeType(column), length: driver.getColumnLength(column) };
    return [
      column.databaseName,
      shapeOf({
        ...parts,
        default: dataSource.options.type === 'better-sqlite3' ? byDefault : withoutQuotes(byDefault),
      }),
    ] as const;
  });
  const keys = [...indices, ...uniques.map((unique) => ({ ...unique, isUnique: true }))].map(
    ({ name, isUnique, columns: of }) => [name, { columns: of.map((one) => one.databaseName), isUnique }] as const,
  );
  return { name: tableName, columns: new Map(shapes), keys: new Map(keys), generated: new Set() };
}

/** The tables that are there, of those that are asked for. It needs no other grant than to read them. */
export async function foundShapes(runner: QueryRunner, names: readonly string[]): Promise<Map<string, TableShape>> {
  if (names.length === 0) return new Map();
  const shapes =
    runner.dataSource.options.type === 'better-sqlite3'
      ? (await runner.getTables([...names])).map(sqliteShape)
      : await serverTables(runner, names);
  return new Map(shapes.map((shape) => [shape.name, shape]));
}

function sqliteShape({ name, columns, indices, uniques }: Table): TableShape {
  const keys = [...indices, ...uniques.map((unique) => ({ ...unique, isUnique: true }))];
  return {
    name,
    columns: new Map(columns.map((column) => [column.name, shapeOf({ ...column, default: column.default as string })])),
    keys: new Map(keys.map((key) => [key.name!, { columns: key.columnNames, isUnique: key.isUnique }])),
    generated: new Set(columns.flatMap((column) => (column.isGenerated || column.generatedType ? [column.name] : []))),
  };
}
