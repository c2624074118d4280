import BetterSqlite3 from 'better-sqlite3';
import mysql from 'mysql2/promise';

/** A statement beside the service, on the database of this URL. */
export async function execute(url: string, sql: string): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const database = new BetterSqlite3(url.slice('sqlite:'.length));
    database.exec(sql);
    database.close();
    return;
  }
  const connection = await mysql.createConnection({ uri: url.replace('mariadb:', 'mysql:') });
  await connection.query(sql);
  await connection.end();
}
