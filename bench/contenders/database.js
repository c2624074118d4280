// The database as a hand-written program has it: mysql2's pool with prepared statements, or better-sqlite3.
import Sqlite from 'better-sqlite3';
import mysql from 'mysql2';

const { DATABASE_URL } = process.env;
export const isSqlite = DATABASE_URL.startsWith('sqlite:');

/** Runs a statement, prepared once. @returns rows, or how many were changed */
export const execute = isSqlite ? ofSqlite(DATABASE_URL.slice('sqlite:'.length)) : ofPool();
/** A time as the driver wants it. */
export const bound = isSqlite ? (time) => time.toISOString().replace('T', ' ').replace('Z', '') : (time) => time;
/** A time as it goes out. */
export const shownTime = isSqlite ? (text) => `${text.replace(' ', 'T')}Z` : (time) => time;

/** mysql2's callbacks in a promise of one's own: its promises capture a stack for every query. */
function ofPool() {
  const uri = DATABASE_URL.replace('mariadb:', 'mysql:');
  const pool = mysql.createPool({ uri, connectionLimit: 10, timezone: 'Z' });
  const changes = (result) => (Array.isArray(result) ? result : result.affectedRows);
  return (sql, params) =>
    new Promise((resolve, reject) => {
      pool.execute(sql, params, (error, result) => (error ? reject(error) : resolve(changes(result))));
    });
}

function ofSqlite(path) {
  const database = new Sqlite(path);
  // As durable as the others.
  database.pragma('synchronous = FULL');
  const prepared = new Map();
  return async (sql, params) => {
    let statement = prepared.get(sql);
    if (!statement) prepared.set(sql, (statement = database.prepare(sql)));
    return statement.reader ? statement.all(params) : statement.run(params).changes;
  };
}
