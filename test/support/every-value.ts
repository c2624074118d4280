import BetterSqlite3 from 'better-sqlite3';
import mysql, { type RowDataPacket } from 'mysql2/promise';

type Row = Readonly<Record<string, unknown>>;

/** Where a text is in a database, in any column of any table: `table.column`. */
export async function whereIn(url: string, texts: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for await (const [table, row] of url.startsWith('sqlite:') ? ofSqlite(url) : ofServer(url))
    for (const [column, value] of Object.entries(row))
      for (const text of texts) if (String(value).includes(text)) found.add(`${table}.${column}: ${text}`);
  return [...found].sort();
}

async function* ofSqlite(url: string): AsyncGenerator<[string, Row]> {
  const database = new BetterSqlite3(url.slice('sqlite:'.length), { readonly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
  for (const { name } of tables)
    for (const row of database.prepare(`SELECT * FROM "${name}"`).all()) yield [name, row as Row];
  database.close();
}

async function* ofServer(url: string): AsyncGenerator<[string, Row]> {
  const connection = await mysql.createConnection({ uri: url.replace('mariadb:', 'mysql:'), dateStrings: true });
  const [tables] = await connection.query<RowDataPacket[]>('SHOW TABLES');
  for (const name of tables.map((row) => String(Object.values(row)[0]))) {
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT * FROM \`${name}\``);
    for (const row of rows) yield [name, row];
  }
  await connection.end();
}
