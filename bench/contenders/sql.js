// What the hand-written contenders share: the statements and the shape of answers.
import { randomBytes } from 'node:crypto';
import { bound, execute, isSqlite, shownTime } from './database.js';

const LIMIT = 20;
const MOST_COUNTED = 10_000;
const SHOWN = 'id, name, created_at';
// Not by an index of its own: SQLite then sorts all rows that live, and MariaDB did so for some tables.
const LIVE = '(deleted_at IS NULL) = 1';
const GET = `SELECT ${SHOWN}, version FROM resource WHERE id = ? AND ${LIVE}`;
const INSERT = 'INSERT INTO resource (id, name, created_at, updated_at, version) VALUES (?, ?, ?, ?, 1)';
const UPDATE = 'UPDATE resource SET name = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?';

const list = (where, order) =>
  `SELECT ${SHOWN} FROM resource WHERE ${LIVE} AND ${where} ORDER BY ${order} LIMIT ${LIMIT + 1}`;
// Each engine's own way to begin in the middle of an index: MariaDB has no range for a comparison of rows, SQLite for nothing else.
const after = isSqlite
  ? (column) => `(${column}, id) > (?, ?)`
  : (column) => `${column} >= ? AND (${column} > ? OR id > ?)`;
const place = isSqlite ? (value, id) => [value, id] : (value, id) => [value, value, id];
const PAGES = {
  id: list('id > ?', 'id'),
  created_at: list(after('created_at'), 'created_at, id'),
  name: list(after('name'), 'name, id'),
};
const BETWEEN = list('created_at >= ? AND created_at < ?', 'created_at, id');
const NAMED = list('name = ?', 'id');
const COUNT = `SELECT COUNT(*) AS total FROM (SELECT 1 FROM resource WHERE ${LIVE} AND name = ? LIMIT ${MOST_COUNTED + 1}) AS counted`;

export class NotFound extends Error {}
export class Stale extends Error {}
export class Invalid extends Error {}

function checkName(name) {
  if (typeof name !== 'string' || name.length < 1 || name.length > 255) throw new Invalid();
}

const shown = ({ id, name, created_at }) => ({ id, name, created_at: shownTime(created_at) });

export async function read(id) {
  const [row] = await execute(GET, [id]);
  if (!row) throw new NotFound();
  return { etag: `"${row.version}"`, body: { data: shown(row), status: 'success' } };
}

/** @param query the members of the query string that were given */
export async function page({ sort = 'id', value, after: id = '', from, until, name, count }) {
  if (from)
    return listed(
      await execute(
        BETWEEN,
        [from, until].map((time) => bound(new Date(time))),
      ),
      sort,
    );
  if (name) {
    const rows = await execute(NAMED, [name]);
    const [counted] = count ? await execute(COUNT, [name]) : [];
    return listed(rows, sort, counted);
  }
  if (sort === 'id') return listed(await execute(PAGES.id, [id]), sort);
  return listed(await execute(PAGES[sort], place(sort === 'name' ? value : bound(new Date(value)), id)), sort);
}

function listed(rows, sort, counted) {
  const more = rows.length > LIMIT;
  if (more) rows.pop();
  const data = isSqlite ? rows.map(shown) : rows;
  const last = more && data[LIMIT - 1];
  const next = last ? { next_cursor: sort === 'id' ? last.id : `${last[sort]} ${last.id}` } : {};
  return { body: { data, page: { limit: LIMIT, ...next, ...counted }, status: 'success' } };
}

export async function create({ name }) {
  checkName(name);
  const row = { id: uuidv7(), name, created_at: new Date() };
  const at = bound(row.created_at);
  await execute(INSERT, [row.id, name, at, at]);
  return { etag: '"1"', body: { data: row, status: 'success' } };
}

export async function update(id, { name }, ifMatch) {
  checkName(name);
  const version = Number(ifMatch?.slice(1, -1));
  if ((await execute(UPDATE, [name, bound(new Date()), id, version])) === 0) throw new Stale();
  const [row] = await execute(GET, [id]);
  return { etag: `"${row.version}"`, body: { data: shown(row), status: 'success' } };
}

export function statusOf(error) {
  if (error instanceof NotFound) return 404;
  if (error instanceof Stale) return 412;
  return error instanceof Invalid ? 422 : 500;
}

/** New rows stand at the end of the table, as everybody's do here. */
function uuidv7() {
  const hex = Date.now().toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  const variant = '89ab'[parseInt(hex[16], 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
