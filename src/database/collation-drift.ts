import type { DataSource } from 'typeorm';

interface Found {
  readonly table: string;
  readonly name: string;
  readonly collation: string;
}

/** TypeORM's diff does not look at collations, and with another one `'abc' = 'ABC'`: columns that differ, as an ALTER. */
export async function collationDrift(dataSource: DataSource): Promise<string[]> {
  if (dataSource.options.type === 'better-sqlite3') return [];
  const found = await dataSource.query<Found[]>(
    'SELECT `table_name` AS `table`, `column_name` AS `name`, `collation_name` AS `collation` ' +
      'FROM `information_schema`.`columns` WHERE `table_schema` = DATABASE() AND `collation_name` IS NOT NULL',
  );
  const actual = new Map(found.map(({ table, name, collation }) => [`${table}.${name}`, collation]));
  const statements: string[] = [];
  for (const { tableName, columns } of dataSource.entityMetadatas) {
    for (const { databaseName: name, type: kind, length, collation, isNullable } of columns) {
      const now = actual.get(`${tableName}.${name}`);
      if (collation === undefined || now === undefined || now === collation) continue;
      const size = length === '' ? '' : `(${length})`;
      const type = `${String(kind)}${size} CHARACTER SET utf8mb4 COLLATE ${collation} ${isNullable ? 'NULL' : 'NOT NULL'}`;
      statements.push(`ALTER TABLE \`${tableName}\` MODIFY \`${name}\` ${type}`);
    }
  }
  return statements;
}
