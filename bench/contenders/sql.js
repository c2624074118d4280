// What the hand-written contenders share: the statements, the pool and the shape of answers.
import { randomUUID } from 'node:crypto';
import mysql from 'mysql2';

const SHOWN = 'id, name, created_at';
const GET = `SELECT ${SHOWN}, version FROM resource WHERE id = ? AND deleted_at IS NULL`;
const PAGE = `SELECT ${SHOWN} FROM resource WHERE deleted_at IS NULL AND id > ? ORDER BY id LIMIT 21`;
const INSERT = 'INSERT INTO resource (id, name, created_at, updated_at, version) VALUES (?, ?, ?, ?, 1)';
const UPDATE = 'UPDATE resource SET name = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?';

const pool = mysql.createPool({
  uri: process.env.DATABASE_URL.replace('mariadb:', 'mysql:'),
  connectionLimit: 10,
  timezone: 'Z',
});

/** mysql2's callbacks in a promise of one's own: its promises capture a stack for every query. */
function execute(sql, params) {
  return new Promise((resolve, reject) => {
    pool.execute(sql, params, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

export class NotFound extends Error {}
export class Stale extends Error {}
export class Invalid extends Error {}

function checkName(name) {
  if (typeof name !== 'string' || name.length < 1 || name.length > 255) throw new Invalid();
}

const shown = ({ id, name, created_at }) => ({ id, name, created_at });

export async function read(id) {
  const [row] = await execute(GET, [id]);
  if (!row) throw new NotFound();
  return { etag: `"${row.version}"`, body: { data: shown(row), status: 'success' } };
}

export async function page(after) {
  const rows = await execute(PAGE, [after]);
  const more = rows.length > 20;
  if (more) rows.pop();
  const next = more ? { next_cursor: rows[19].id } : {};
  return { body: { data: rows, page: { limit: 20, ...next }, status: 'success' } };
}

export async function create({ name }) {
  checkName(name);
  const row = { id: randomUUID(), name, created_at: new Date() };
  await execute(INSERT, [row.id, name, row.created_at, row.created_at]);
  return { etag: '"1"', body: { data: row, status: 'success' } };
}

export async function update(id, { name }, ifMatch) {
  checkName(name);
  const version = Number(ifMatch?.slice(1, -1));
  const { affectedRows } = await execute(UPDATE, [name, new Date(), id, version]);
  if (affectedRows === 0) throw new Stale();
  const [row] = await execute(GET, [id]);
  return { etag: `"${row.version}"`, body: { data: shown(row), status: 'success' } };
}

export function statusOf(error) {
  if (error instanceof NotFound) return 404;
  if (error instanceof Stale) return 412;
  return error instanceof Invalid ? 422 : 500;
}
