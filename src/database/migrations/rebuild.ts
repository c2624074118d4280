import type { QueryRunner, Table } from 'typeorm';
import { quote } from './portable.sql.js';

/**
 * SQLite changes no column or constraint in place: a table like it is made, takes the rows and then the name
 * (https://sqlite.org/lang_altertable.html#otheralter). Indexes and triggers are made again by their own statements.
 */
export async function rebuild(runner: QueryRunner, name: string, change: (anew: Table) => void): Promise<void> {
  const table = (await runner.getTable(name))!;
  const kept = (await runner.query(
    "SELECT `sql` FROM `sqlite_master` WHERE `type` IN ('index', 'trigger') AND `tbl_name` = ? AND `sql` IS NOT NULL",
    [name],
  )) as { sql: string }[];
  const anew = table.clone();
  anew.name = `${name}_anew`;
  anew.indices = [];
  change(anew);
  await runner.createTable(anew);
  const columns = table.columns.map((column) => quote(column.name)).join(', ');
  const order = table.primaryColumns.map((column) => quote(column.name)).join(', ') || '1';
  await runner.query(
    `INSERT INTO ${quote(anew.name)} (${columns}) SELECT ${columns} FROM ${quote(name)} ORDER BY ${order}`,
  );
  await runner.query(`DROP TABLE ${quote(name)}`);
  await runner.query(`ALTER TABLE ${quote(anew.name)} RENAME TO ${quote(name)}`);
  for (const { sql } of kept) await runner.query(sql);
}
