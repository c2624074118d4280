import type { QueryRunner } from 'typeorm';
import { shapeOf, type ColumnShape } from './column-shape.js';
import type { KeyShape, TableShape } from './table-shape.js';

interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly full: string;
  readonly length: number | null;
  readonly digits: number | null;
  readonly scale: number | null;
  readonly fraction: number | null;
  readonly nullable: string;
  readonly value: string | null;
  readonly extra: string;
  readonly collation: string | null;
  readonly key: string;
}

interface KeyRow {
  readonly table: string;
  readonly name: string;
  readonly column: string;
  readonly non_unique: number | string;
}

/**
 * Tables of MariaDB and MySQL, by two plain statements: the joins by which TypeORM reads them were seen to bring MariaDB
 * 10.11 down (signal 11 in `free_tmp_table`).
 */
export async function serverTables(runner: QueryRunner, names: readonly string[]): Promise<TableShape[]> {
  const where = `WHERE \`table_schema\` = DATABASE() AND \`table_name\` IN (${names.map(() => '?').join(', ')})`;
  const read = async <T>(columns: string, from: string, order: string): Promise<T[]> =>
    (await runner.query(
      `SELECT \`table_name\` AS \`table\`, ${columns} FROM \`information_schema\`.\`${from}\` ${where} ORDER BY ${order}`,
      [...names],
    )) as T[];
  const columns = await read<ColumnRow>(
    '`column_name` AS `name`, `data_type` AS `type`, `column_type` AS `full`, `character_maximum_length` AS `length`, ' +
      '`numeric_precision` AS `digits`, `numeric_scale` AS `scale`, `datetime_precision` AS `fraction`, ' +
      '`is_nullable` AS `nullable`, `column_default` AS `value`, `extra` AS `extra`, `collation_name` AS `collation`, ' +
      '`column_key` AS `key`',
    'columns',
    '`table_name`, `ordinal_position`',
  );
  const keys = await read<KeyRow>(
    '`index_name` AS `name`, `column_name` AS `column`, `non_unique` AS `non_unique`',
    'statistics',
    '`table_name`, `index_name`, `seq_in_index`',
  );
  const isMariadb = runner.dataSource.options.type === 'mariadb';
  const keysOf = Map.groupBy(keys, ({ table }) => table);
  return [...Map.groupBy(columns, ({ table }) => table)].map(([name, rows]) => ({
    name,
    columns: new Map(rows.map((row) => [row.name, columnOf(row, isMariadb)])),
    keys: keyShapes(keysOf.get(name) ?? []),
    generated: new Set(rows.filter(({ extra }) => FILLED.test(extra)).map((row) => row.name)),
  }));
}

const FILLED = /auto_increment|(virtual|stored|persistent) generated/i;

function columnOf(row: ColumnRow, isMariadb: boolean): ColumnShape {
  return shapeOf({
    type: row.type.toLowerCase(),
    length: row.length ?? undefined,
    precision: row.fraction ?? row.digits ?? undefined,
    scale: row.scale ?? undefined,
    unsigned: row.full.includes('unsigned'),
    isNullable: row.nullable === 'YES',
    isPrimary: row.key === 'PRI',
    default: withoutQuotes(defaultOf(row, isMariadb)),
    onUpdate: /on update (\S+)/i.exec(row.extra)?.[1],
    collation: row.collation ?? undefined,
  });
}

/** MariaDB says it as SQL; MySQL without quotes, unless it is an expression. */
function defaultOf({ value, extra }: ColumnRow, isMariadb: boolean): string | undefined {
  if (value === null || (isMariadb && value === 'NULL')) return undefined;
  return isMariadb || /default_generated/i.test(extra) ? value : `'${value}'`;
}

/** Each server has quotes and escapes of its own in a text: it is compared without. */
export function withoutQuotes(sql: string | undefined): string | undefined {
  return sql?.includes("'") ? `'${sql.replaceAll(/^\(|\)$|_utf8mb4|['\\]/g, '')}'` : sql;
}

function keyShapes(rows: readonly KeyRow[]): Map<string, KeyShape> {
  const keys = [...Map.groupBy(rows, ({ name }) => name)].filter(([name]) => name !== 'PRIMARY');
  return new Map(
    keys.map(([name, parts]) => {
      const columns = parts.map(({ column }) => column);
      return [name, { columns, isUnique: Number(parts[0]!.non_unique) === 0 }];
    }),
  );
}
