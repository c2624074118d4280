// Whether a contender's answers are right, before its speed is looked at.
import assert from 'node:assert/strict';
import { LISTS } from './jobs.js';
import { rowAt, sqlTime } from './rows.js';

const CHECKED = '00000000-0000-4000-8000-00000000cccc';
const LIMIT = 20;
const AT = 42;

export async function check({ name, origin, headers, dialect, lists, store }) {
  const json = { ...headers, 'content-type': 'application/json' };
  const ask = async (path, init) => {
    const answer = await fetch(origin + path, { headers, ...init });
    const text = await answer.text();
    return { status: answer.status, etag: answer.headers.get('etag'), body: text === '' ? null : JSON.parse(text) };
  };
  const row = rowAt(AT);
  const read = await ask(dialect.read(row.id));
  assert.equal(read.status, 200, name);
  assert.deepEqual(dialect.rowOf(read.body), { id: row.id, name: row.name, created_at: row.time.toISOString() });
  assert.equal((await ask(dialect.read('nobody'))).status, dialect.missing, name);

  for (const [job, pathOf] of Object.entries(lists)) {
    const { body } = await ask(pathOf(row, AT));
    const { rows, total } = await expected(store, LISTS[job] ?? LISTS.page, row);
    const found = dialect.rowsOf(body);
    assert.deepEqual(found.map(({ id }) => id), rows.slice(0, LIMIT), `${name} ${job}`); // prettier-ignore
    const page = dialect.pageOf?.(body);
    if (page) assert.equal(page.next_cursor !== undefined, rows.length > LIMIT, `${name} ${job}`);
    if (page) assert.equal(page.total, total, `${name} ${job}`);
  }

  const { create, update } = dialect;
  const post = (body) => ask(create.path, { method: create.method, headers: json, body: JSON.stringify(body) });
  const made = await post(create.body({ id: CHECKED, name: 'checked' }));
  assert.equal(made.status, create.status, name);
  const { id } = dialect.rowOf(made.body);
  const stored = async () => {
    const [found] = await store.select('SELECT name, version FROM resource WHERE id = ?', [id]);
    return { ...found };
  };
  assert.deepEqual(await stored(), { name: 'checked', version: 1 }, name);
  const change = () =>
    ask(update.path(id), {
      method: update.method,
      headers: update.etagOf ? { ...json, 'if-match': made.etag } : json,
      body: '{"name":"changed"}',
    });
  const changed = await change();
  assert.equal(changed.status, 200, name);
  assert.equal(dialect.rowOf(changed.body).name, 'changed', name);
  const now = await stored();
  assert.equal(now.name, 'changed', name);
  if (update.etagOf) {
    assert.equal(now.version, 2, name);
    assert.equal((await change()).status, 412, name);
  }
  assert.ok([400, 422].includes((await post({})).status), name);
  await store.run('DELETE FROM resource WHERE id = ?', [id]);
}

/** The ids of such a list, one more than there may be in a page, by the simplest statement that there is. */
async function expected(store, { sort, filter, count }, row) {
  const place = { id: row.id, name: row.name, created_at: sqlTime(row.time) };
  const { from, until, name } = filter?.(row) ?? {};
  const [where, params] = name
    ? ['name = ?', [name]]
    : from
      ? ['created_at >= ? AND created_at < ?', [from, until].map(sqlTime)]
      : [`${sort} > ? OR (${sort} = ? AND id > ?)`, [place[sort], place[sort], row.id]];
  const order = sort === 'id' ? 'id' : `${sort}, id`;
  const all = await store.select(
    `SELECT id FROM resource WHERE ${where} ORDER BY ${order}${count ? '' : ` LIMIT ${LIMIT + 1}`}`,
    params,
  );
  return { rows: all.map(({ id }) => id), total: count ? all.length : undefined };
}
